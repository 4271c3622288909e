import type { WallMs } from '@fastchat/clock'
import type { ConversationRecord } from '../store/records.ts'

/** The values of the fields of a `chat/…` record, as another device may have written them. */
export type StoredMarks = {
  readonly muted: unknown
  readonly archived: unknown
  readonly pinned: unknown
  readonly unread?: unknown
}

/** How the devices of this account treat a chat. */
export type ChatMarks = {
  readonly isMuted: boolean
  /** The end of the mute. Absent while it has none. */
  readonly mutedUntil?: number
  readonly isArchived: boolean
  /** The place among the pinned chats: lower ranks come first. Absent for others. */
  readonly rank?: number
  /** This person has marked the chat as unread, and has read nothing there since. */
  readonly isMarkedUnread?: true
}

/** A conversation with its marks and its draft. */
export type Chat = ConversationRecord & ChatMarks & { readonly draft?: string }

/** Reads the marks of a chat. A value of another form than this version knows counts as none. */
export function chatMarks(
  { muted, archived, pinned, unread }: StoredMarks,
  { lastMessageSeq = 0, readSeq }: Pick<ConversationRecord, 'lastMessageSeq' | 'readSeq'>,
  nowMs: WallMs,
): ChatMarks {
  const until = fieldIn(muted, 'until')
  const isMuted = until === null || (typeof until === 'number' && until > nowMs)
  const at = fieldIn(archived, 'at')
  // A message after the archiving brings the chat back, unless it is muted.
  const isArchived = typeof at === 'number' && (isMuted || lastMessageSeq <= at)
  const rank = fieldIn(pinned, 'rank')
  const unreadAt = fieldIn(unread, 'at')
  return {
    isMuted,
    ...(isMuted && typeof until === 'number' && { mutedUntil: until }),
    isArchived,
    ...(typeof rank === 'number' && { rank }),
    ...(typeof unreadAt === 'number' && unreadAt >= readSeq && { isMarkedUnread: true as const }),
  }
}

function fieldIn(value: unknown, field: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, field)) return undefined
  // The cast holds because the value is an object.
  return (value as Record<string, unknown>)[field]
}
