import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { createRateLimiter } from './token-bucket.ts'

test('a burst passes at once, then the rate holds, and a refusal says how long to wait', () => {
  const clock = new ManualClock()
  const limiter = createRateLimiter({ perSecond: 10, burst: 3 }, clock.monotonicMs)
  expect([1, 2, 3, 4].map(() => limiter.take())).toEqual([0, 0, 0, 100])
  clock.advance(99)
  expect(limiter.take()).toBeGreaterThan(0)
  clock.advance(2)
  expect([limiter.take(), limiter.take()]).toEqual([0, 99])
})

test('a quiet time refills no more than the burst', () => {
  const clock = new ManualClock()
  const limiter = createRateLimiter({ perSecond: 10, burst: 3 }, clock.monotonicMs)
  clock.advance(1_000_000)
  expect([1, 2, 3, 4].map(() => limiter.take() > 0)).toEqual([false, false, false, true])
})
