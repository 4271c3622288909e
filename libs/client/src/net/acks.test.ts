import type { ClientFrames, ConversationId } from '@fastchat/schema'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Acks } from './acks.ts'

const [here, there] = ['here', 'there'] as ConversationId[] as [ConversationId, ConversationId]
const one = { entries: 1, bytes: 500 }
let posted: ClientFrames['ack'][]
let acks: Acks

beforeEach(() => {
  vi.useFakeTimers()
  posted = []
  acks = new Acks((frame) => posted.push(frame))
})
afterEach(() => vi.useRealTimers())

test('slow entries are acknowledged within a moment, once per conversation', () => {
  for (let seq = 1; seq <= 9; seq++) acks.note(here, seq, one)
  acks.note(there, 3, one)
  expect(posted).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(posted).toEqual([
    { t: 'ack', conversation: here, seq: 9 },
    { t: 'ack', conversation: there, seq: 3 },
  ])
  vi.advanceTimersByTime(1_000)
  expect(posted).toHaveLength(2)
})

test('fast entries are acknowledged before the server runs out of credit', () => {
  for (let seq = 1; seq <= 256; seq++) acks.note(here, seq, one)
  expect(posted.map(({ seq }) => seq)).toEqual([64, 128, 192, 256])
  acks.note(here, 257, { entries: 1, bytes: 300_000 })
  expect(posted.at(-1)?.seq).toBe(257)
})
