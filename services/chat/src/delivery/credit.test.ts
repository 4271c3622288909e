import { expect, test } from 'vitest'
import { Credit } from './credit.ts'

test('used up by count or by size; back when half of both is back', () => {
  const credit = new Credit(4, 100, 0)
  for (const _ of [1, 2, 3, 4]) credit.take(10, () => 0)
  expect(credit.isExhausted).toBe(true)
  credit.giveBack({ messages: 1, bytes: 10 }, 0)
  expect(credit.isExhausted).toBe(true)
  credit.giveBack({ messages: 1, bytes: 10 }, 0)
  expect(credit.isExhausted).toBe(false)
  credit.take(90, () => 0)
  expect(credit.isExhausted).toBe(true)
})

test('counts the time without progress only while it is used up', () => {
  const credit = new Credit(2, 100, 0)
  credit.take(1, () => 0)
  expect(credit.exhaustedForMs(60_000)).toBe(0)
  credit.take(1, () => 60_000)
  expect(credit.exhaustedForMs(61_000)).toBe(1_000)
  credit.giveBack({ messages: 0, bytes: 0 }, 62_000) // an ack of nothing is no progress
  expect(credit.exhaustedForMs(63_000)).toBe(3_000)
})
