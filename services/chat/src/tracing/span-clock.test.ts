import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { createSpanClock } from './span-clock.ts'

test('the span clock has fractions, and follows the wall clock when that was set', () => {
  const clock = new ManualClock(1_000_000, 7)
  const spanMs = createSpanClock(clock)
  expect(spanMs()).toBe(1_000_000)
  clock.advance(0.25)
  expect(spanMs()).toBe(1_000_000.25)
  clock.setWall(4_600_000)
  clock.advance(1)
  expect(spanMs()).toBe(4_600_001)
  clock.advance(10.5)
  expect(spanMs()).toBe(4_600_011.5)
})
