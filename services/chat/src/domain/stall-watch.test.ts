import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { StallWatch } from './stall-watch.ts'

test('a tick more than two seconds late shows a stall, once', () => {
  const clock = new ManualClock()
  const watch = new StallWatch(1_000, clock.monotonicMs())
  const tickAfterMs = (ms: number) => {
    clock.advance(ms)
    return watch.tick(clock.monotonicMs())
  }
  expect([1_000, 3_000, 3_001, 1_000].map(tickAfterMs)).toEqual([false, false, true, false])
})
