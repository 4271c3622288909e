import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { Credit } from './credit.ts'

function creditOf(maxMessages: number, maxBytes: number) {
  const clock = new ManualClock()
  const credit = new Credit(maxMessages, maxBytes, clock.monotonicMs())
  return {
    clock,
    credit,
    take: (bytes: number) => credit.take(bytes, clock.monotonicMs),
    giveBack: (messages: number, bytes: number) => credit.giveBack({ messages, bytes }, clock.monotonicMs()),
    exhaustedForMs: () => credit.exhaustedForMs(clock.monotonicMs()),
  }
}

test('credit is exhausted by count or by size, and counts again when half of both is back', () => {
  const { credit, take, giveBack } = creditOf(4, 100)
  for (const _ of [1, 2, 3, 4]) take(10)
  expect(credit.isExhausted).toBe(true)
  giveBack(1, 10)
  expect(credit.isExhausted).toBe(true)
  giveBack(1, 10)
  expect(credit.isExhausted).toBe(false)
  take(90)
  expect(credit.isExhausted).toBe(true)
})

test('time without an ack counts only while the credit is exhausted', () => {
  const { clock, take, giveBack, exhaustedForMs } = creditOf(2, 100)
  take(1)
  clock.advance(60_000)
  expect(exhaustedForMs()).toBe(0)
  take(1)
  clock.advance(1_000)
  expect(exhaustedForMs()).toBe(1_000)
  clock.advance(1_000)
  giveBack(0, 0) // an ack of no message is no progress
  clock.advance(1_000)
  expect(exhaustedForMs()).toBe(3_000)
})
