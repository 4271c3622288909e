import type { Chat } from '@fastchat/client'
import type { UserId } from '@fastchat/schema'
import type { ChatRow } from './engine-state.ts'

type RowMarks = Pick<ChatRow, 'isPinned' | 'mutedUntil' | 'isMarkedUnread' | 'draft' | 'mayPin'>

/** Returns how this account treats a chat, and whether it may pin messages there. */
export function rowMarks({ kind, rank, mutedUntil, isMarkedUnread, draft, members }: Chat, me: UserId): RowMarks {
  const role = members.find(({ userId }) => userId === me)?.role
  return {
    isPinned: rank !== undefined,
    mayPin: kind === 'direct' || role === 'admin' || role === 'owner',
    ...(mutedUntil !== undefined && { mutedUntil }),
    ...(isMarkedUnread && { isMarkedUnread }),
    ...(draft !== undefined && { draft }),
  }
}
