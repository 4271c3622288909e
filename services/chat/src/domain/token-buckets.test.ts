import { expect, test } from 'vitest'
import { TokenBuckets } from './token-buckets.ts'

test('a burst at once, then the rate, and it says when to come back', () => {
  const buckets = new TokenBuckets<string>({ perSecond: 10, burst: 3 }, 10)
  expect([1, 2, 3].map(() => buckets.take('a', 0))).toEqual([0, 0, 0])
  expect(buckets.take('a', 0)).toBe(100)
  expect(buckets.take('a', 60)).toBe(40)
  expect(buckets.take('a', 100)).toBe(0)
  expect(buckets.take('b', 100)).toBe(0)
  expect([1, 2, 3, 4].map(() => buckets.take('a', 60_000))).toEqual([0, 0, 0, 100])
})

test('remembers no more keys than it may', () => {
  const buckets = new TokenBuckets<string>({ perSecond: 1, burst: 1 }, 2)
  expect(buckets.take('a', 0)).toBe(0)
  expect(buckets.take('b', 0)).toBe(0)
  expect(buckets.take('a', 0)).toBe(1_000)
  expect(buckets.take('c', 0)).toBe(0) // b was used least recently
  expect(buckets.take('a', 0)).toBe(1_000)
  expect(buckets.take('b', 0)).toBe(0)
})
