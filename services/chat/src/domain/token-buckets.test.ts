import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { TokenBuckets } from './token-buckets.ts'

test('each key has a burst, then the rate, and a refusal says how long to wait', () => {
  const clock = new ManualClock()
  const buckets = new TokenBuckets<string>({ perSecond: 10, burst: 3 }, 10)
  const take = (key: string) => buckets.take(key, clock.monotonicMs())
  expect([1, 2, 3].map(() => take('a'))).toEqual([0, 0, 0])
  expect(take('a')).toBe(100)
  clock.advance(60)
  expect(take('a')).toBe(40)
  clock.advance(40)
  expect(take('a')).toBe(0)
  expect(take('b')).toBe(0)
  clock.advance(60_000)
  expect([1, 2, 3, 4].map(() => take('a'))).toEqual([0, 0, 0, 100])
})

test('past the limit the key used least recently is forgotten', () => {
  const at = new ManualClock().monotonicMs()
  const buckets = new TokenBuckets<string>({ perSecond: 1, burst: 1 }, 2)
  expect(buckets.take('a', at)).toBe(0)
  expect(buckets.take('b', at)).toBe(0)
  expect(buckets.take('a', at)).toBe(1_000)
  expect(buckets.take('c', at)).toBe(0) // b was used least recently
  expect(buckets.take('a', at)).toBe(1_000)
  expect(buckets.take('b', at)).toBe(0)
})
