import { ManualClock } from '@fastchat/clock/testing'
import type { ConversationId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { PageQuery } from '../chat/read-page.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { ReadingPlace } from './reading-place.ts'

const conversation = 'c' as ConversationId
// The casts hold because no other fields are read.
const line = (seq: number) => ({ conversation, seq, at: '2026-11-30T18:00:00.000Z' }) as TranscriptLine

/** A chat with this many lines, of which the first ones are read. */
function place(count: number, readSeq: number) {
  const all = Array.from({ length: count }, (_, at) => line(at + 1))
  const read: number[] = []
  const printed: (number | string)[] = []
  const chat = {
    async page({ limit, before = Number.POSITIVE_INFINITY, after }: PageQuery) {
      const found = all.filter(({ seq }) => seq < before && seq > (after ?? 0))
      const lines = after === undefined ? found.slice(-limit) : found.slice(0, limit)
      return { lines, isMore: lines.length < found.length }
    },
    latest: async ({ limit }: { limit: number }) => all.slice(-limit),
    async markRead({ seq }: { seq: number }) {
      read.push(seq)
    },
  }
  const lines = {
    async print({ seq }: TranscriptLine) {
      printed.push(seq)
    },
    async printAll(some: readonly TranscriptLine[]) {
      printed.push(...some.map(({ seq }) => seq))
    },
    divide(words: string) {
      printed.push(words)
    },
  }
  const made = new ReadingPlace({ chat } as unknown as HomeSession, lines, new ManualClock())
  const info = { conversation, readSeq, unread: count - readSeq, cursor: count } as ChatInfo
  return { made, info, read, printed }
}

test('a chat opens a few lines before its first unread one, and is read to its end', async () => {
  const { made, info, read, printed } = place(30, 25)
  await made.open(info)
  expect(printed).toEqual([20, 21, 22, 23, 24, 25, expect.stringMatching(/^── 5 new since/), 26, 27, 28, 29, 30])
  expect(read).toEqual([30])
})

test('of too many unread lines only the shown ones become read, until the rest is shown', async () => {
  const { made, info, read, printed } = place(300, 10)
  await made.open(info)
  expect(made.isBehind(conversation)).toBe(true)
  expect(read).toEqual([210])
  await made.show(line(301))
  await made.markShown(conversation)
  await made.last(info, 20)
  expect(read).toEqual([210])
  await made.more({ ...info, unread: 90, readSeq: 210 })
  expect(made.isBehind(conversation)).toBe(false)
  expect(read).toEqual([210, 300])
  expect(printed.filter((one) => one === 211)).toHaveLength(1)
})

test('looking at an old message reads nothing, and a line is shown once', async () => {
  const { made, info, read, printed } = place(100, 50)
  await made.around(info, 20)
  expect(printed.filter((one) => typeof one === 'number')).toEqual(Array.from({ length: 17 }, (_, at) => at + 12))
  expect([read, made.isBehind(conversation)]).toEqual([[], true])
  await made.last({ ...info, readSeq: 90 }, 20)
  printed.length = 0
  await made.show(line(100))
  await made.show(line(101))
  expect(printed).toEqual([101])
})
