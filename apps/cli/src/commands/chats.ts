import { chatObject, formatChat } from '../text/format.ts'
import type { Context } from './context.ts'
import { synced } from './sync.ts'

export type ListOptions = { readonly offline?: boolean; readonly groups?: boolean }

/** Lists this device's conversations, the latest first. */
export async function chats(context: Context, { offline, groups }: ListOptions = {}): Promise<void> {
  const { out, session } = context
  const chat = offline ? (await session()).chat : await synced(context)
  for (const info of await chat.chats()) {
    if (!groups || info.kind === 'group') out.result(chatObject(info), formatChat(info, out.colors))
  }
}
