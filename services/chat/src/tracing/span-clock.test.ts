import { expect, test } from 'vitest'
import { createSpanClock } from './span-clock.ts'

test('it has fractions, and follows the wall clock when that has been set', () => {
  let wallMs = 1_000_000
  let processMs = 1_000_000.25
  const nowMs = createSpanClock(
    () => wallMs,
    () => processMs,
  )
  expect(nowMs()).toBe(1_000_000.25)
  wallMs += 3_600_000
  processMs += 1
  expect(nowMs()).toBe(4_600_000)
  wallMs += 10
  processMs += 10.5
  expect(nowMs()).toBe(4_600_010.5)
})
