import type { ChatRow } from '../engine/engine-state.ts'

/**
 * Returns the chats in which messages of others have come since the former list. A muted chat, and
 * one whose writer is not accepted yet, says nothing.
 */
export function newMessages(former: readonly ChatRow[], chats: readonly ChatRow[]): ChatRow[] {
  const unread = new Map(former.map((chat) => [chat.id, chat.unread]))
  return chats.filter(
    (chat) =>
      !chat.isMuted && !chat.isRequest && chat.unread > (unread.get(chat.id) ?? 0) && chat.last?.isOwn === false,
  )
}

/** Returns the chats that were unread before and are no longer. */
export function readChats(former: readonly ChatRow[], chats: readonly ChatRow[]): ChatRow[] {
  const unread = new Set(former.filter((chat) => chat.unread > 0).map(({ id }) => id))
  return chats.filter((chat) => chat.unread === 0 && unread.has(chat.id))
}

/** Returns the number of unread messages that the title shows. */
export const unreadOf = (chats: readonly ChatRow[]): number =>
  chats.reduce((sum, chat) => sum + (chat.isMuted || chat.isRequest ? 0 : chat.unread), 0)
