import { findTarget } from '../find-target.ts'
import type { Context } from './context.ts'
import { showLine } from './show-line.ts'
import { synced } from './sync.ts'

export type HistoryOptions = { readonly lines: number; readonly offline?: boolean }

/** The newest lines of a chat, oldest first; what was unread of it is read then. */
export async function history(context: Context, to: string, { lines, offline }: HistoryOptions): Promise<void> {
  const chat = offline ? (await context.session()).chat : await synced(context)
  const found = await findTarget(chat, to)
  if (found.kind === 'person') return
  const { conversation, cursor } = found.chat
  const shown = await chat.latest({ conversation, limit: lines })
  for (const line of shown) showLine(context.out, line, { withChat: false })
  await chat.markRead({ conversation, seq: Math.max(cursor, shown.at(-1)?.seq ?? 0) })
}
