import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { burst, type CountedWrites, flushIntervalMs, waitsForInterval } from './flush-policy.ts'

const clock = new ManualClock()
const fresh = (): CountedWrites => ({ busyUntil: new ManualClock().monotonicMs() })

test('a burst of writes waits for nothing, the next write for the interval', () => {
  const writes = fresh()
  const waits = Array.from({ length: burst + 1 }, () => waitsForInterval(writes, clock.monotonicMs()))
  expect(waits).toEqual([...Array(burst).fill(false), true])
})

test('a socket written to once an interval never waits', () => {
  const writes = fresh()
  for (let n = 0; n < 100; n++) {
    expect(waitsForInterval(writes, clock.monotonicMs())).toBe(false)
    clock.advance(flushIntervalMs)
  }
})
