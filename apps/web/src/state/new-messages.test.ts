import type { ConversationId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { ChatRow } from '../engine/engine-state.ts'
import { newMessages, readChats, unreadOf } from './new-messages.ts'

// The cast holds: these functions only compare ids.
const chat = (id: string, unread: number, more: Partial<ChatRow> = {}): ChatRow => ({
  ...{ id: id as ConversationId, kind: 'direct', unread, lastAt: 0, isMuted: false, isArchived: false, members: 2 },
  ...{ isRequest: false, mayWrite: true, isPinned: false, mayPin: true },
  last: { key: id, kind: 'text', at: 0, isOwn: false, text: 'x' },
  ...more,
})
const ids = (chats: readonly ChatRow[]) => chats.map(({ id }) => id)

test('chats with more unread messages of others are new; muted ones, requests and one’s own messages are not', () => {
  const own = { last: { key: 'o', kind: 'text', at: 0, isOwn: true, text: 'x' } } as const
  const former = [chat('a', 0), chat('b', 2), chat('c', 1)]
  const chats = [
    ...[chat('a', 1), chat('b', 2), chat('c', 3), chat('new', 1)],
    ...[chat('muted', 1, { isMuted: true }), chat('request', 1, { isRequest: true }), chat('own', 1, own)],
  ]
  expect(ids(newMessages(former, chats))).toEqual(['a', 'c', 'new'])
  expect(unreadOf(chats)).toBe(8)
})

test('a chat that is read is named once', () => {
  expect(ids(readChats([chat('a', 2), chat('b', 0)], [chat('a', 0), chat('b', 0)]))).toEqual(['a'])
})
