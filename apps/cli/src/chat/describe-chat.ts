import type { Chat, Client, Conversation } from '@fastchat/client'
import { safeName } from '../text/safe-text.ts'
import type { ChatInfo } from './chat.ts'
import { chatName, type Names } from './transcript-line.ts'

/** Returns how many messages of this device the server has not stored yet. */
export const waitingIn = ({ outbox }: Conversation): number =>
  [...outbox.records.values()].filter(({ stored }) => !stored).length

/** Returns a conversation as a list of chats shows it. */
export function describeChat(client: Client, record: Chat, names: Names): ChatInfo {
  const { conversation, kind, status, unread, readSeq, cursor, lastAt, departed, silent = [] } = record
  const members = record.members.map(({ userId, role }) => ({
    userId,
    username: safeName(names.nameOf(userId)),
    role,
    hasLeft: departed.includes(userId),
    isSilent: silent.includes(userId),
  }))
  const isRequest = client.people.isRequest(conversation)
  const isBlocked = kind === 'direct' && record.peer !== undefined && client.people.isBlocked(record.peer)
  const waiting = waitingIn(client.conversation(conversation))
  return {
    conversation,
    kind,
    name: chatName(record, names),
    status,
    unread: isRequest || isBlocked ? 0 : unread,
    readSeq,
    cursor,
    lastAt,
    members,
    waiting,
    isMuted: record.isMuted,
    ...(record.mutedUntil !== undefined && { mutedUntil: record.mutedUntil }),
    isArchived: record.isArchived,
    ...(record.isMarkedUnread && { isMarkedUnread: true as const }),
    isPinned: record.rank !== undefined,
    ...(record.draft !== undefined && { draft: record.draft }),
    ...(isRequest && { isRequest }),
    ...(isBlocked && { isBlocked }),
    ...(record.topic !== undefined && { topic: record.topic }),
    hasPicture: record.picture !== undefined,
    policies: client.groups.policies(conversation),
    banned: client.groups.bans(conversation).map((userId) => ({ userId, username: safeName(names.nameOf(userId)) })),
  }
}
