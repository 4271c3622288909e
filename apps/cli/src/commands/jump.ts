import type { Context } from './context.ts'
import { findMessage } from './find-message.ts'
import { showLine } from './show-line.ts'
import { synced } from './sync.ts'

/** Prints the lines around a message. Nothing counts as read by that. */
export async function jump(
  context: Context,
  written: string,
  { lines: count }: { readonly lines: number },
): Promise<void> {
  const chat = await synced(context)
  const { conversation, seq } = await findMessage(chat, written)
  const half = Math.ceil(count / 2)
  const before = await chat.page({ conversation, limit: half, before: seq })
  const after = await chat.page({ conversation, limit: half, after: seq - 1 })
  for (const line of [...before.lines, ...after.lines]) showLine(context, line, { withChat: false })
}
