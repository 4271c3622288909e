import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import type { Chat, ChatInfo, Link } from '../chat/chat.ts'
import { untilSent } from './until-sent.ts'

/** Returns a device whose queue has these lengths, one after the other. The last one stays. */
function device(counts: number[], link: Link = { state: 'online' }, status: ChatInfo['status'] = 'active') {
  const chats = async () => {
    const waiting = (counts.length > 1 ? counts.shift() : counts[0]) ?? 0
    return [{ waiting, status }] // no other field is read
  }
  return { chat: { chats, link: async () => link } as unknown as Chat }
}
const none = () => 0
const clock = new ManualClock()
const never = { signal: new AbortController().signal, clock }

test('each new count is told until the queue is empty', async () => {
  const told: number[] = []
  expect(await untilSent(device([3, 3, 1, 0]), none, (count) => told.push(count), never)).toBe(0)
  expect(told).toEqual([3, 1])
})

test('waiting ends with the number of unsent messages when the session ends or the person stops it', async () => {
  const ended: Link = { state: 'ended', code: 'session_ended', message: 'over' }
  expect(await untilSent(device([2], ended), none, () => {}, never)).toBe(2)
  expect(await untilSent(device([4]), none, () => {}, { signal: AbortSignal.abort(), clock })).toBe(4)
})

test('a chat in which nothing can be sent is not waited for', async () => {
  expect(await untilSent(device([2], { state: 'online' }, 'removed'), none, () => {}, never)).toBe(0)
})

test('it waits for messages that are sent but not yet shown', async () => {
  const unshown = [2, 0]
  const told: number[] = []
  expect(
    await untilSent(
      device([0]),
      () => unshown.shift() ?? 0,
      (count) => told.push(count),
      never,
    ),
  ).toBe(0)
  expect(told).toEqual([2])
})
