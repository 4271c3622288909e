import { expect, test } from 'vitest'
import type { ChatInfo } from '../chat/chat.ts'
import { unreadCount, unreadDivider, unreadSummary } from './unread.ts'

// The cast holds because the words need no other fields.
const chat = (name: string, unread: number, more: Partial<ChatInfo> = {}) =>
  ({ kind: 'direct', name, unread, isMuted: false, isArchived: false, ...more }) as ChatInfo

test('the summary names the chats with unread messages, most first, and keeps muted ones apart', () => {
  const chats = [chat('ann', 1), chat('bob', 9), chat('Trip', 2, { kind: 'group' }), chat('old', 0)]
  expect(unreadSummary(chats)).toBe('12 new in 3 chats: @bob 9, #Trip 2, @ann 1')
  expect(unreadSummary([chat('bob', 1), chat('noise', 40, { isMuted: true })])).toBe(
    '1 new in 1 chat: @bob 1 (and 40 in muted or archived chats)',
  )
  expect(unreadSummary([chat('bob', 0)])).toBeUndefined()
  expect(unreadCount([...chats, chat('noise', 40, { isMuted: true })])).toBe(12)
  const many = Array.from({ length: 8 }, (_, at) => chat(`p${at}`, 10 - at))
  expect(unreadSummary(many)).toBe('52 new in 8 chats: @p0 10, @p1 9, @p2 8, @p3 7, @p4 6, 3 more')
})

test('the divider tells the day of the first unread message, unless it was today', () => {
  const now = new Date(2026, 10, 30, 18, 4)
  expect(unreadDivider(12, new Date(2026, 10, 24, 18, 4), now)).toBe('── 12 new since Tuesday 18:04 ──')
  expect(unreadDivider(1, new Date(2026, 10, 30, 9, 5), now)).toBe('── 1 new since 09:05 ──')
  expect(unreadDivider(2, new Date(2026, 10, 2, 9, 5), now)).toBe('── 2 new since 2026-11-02 09:05 ──')
})
