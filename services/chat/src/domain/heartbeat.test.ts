import { ManualClock } from '@fastchat/clock/testing'
import { limits } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { Heartbeat } from './heartbeat.ts'

test('a client that answers no ping is silent after two of them', () => {
  const clock = new ManualClock()
  const heartbeat = new Heartbeat(clock.monotonicMs(), 0.5)
  const afterMs = (ms: number) => {
    clock.advance(ms)
    return heartbeat.next(clock.monotonicMs())
  }
  expect(afterMs(limits.pingIntervalMs / 2)).toBeUndefined()
  expect(afterMs(1)).toBe('ping')
  expect(afterMs(limits.pingIntervalMs)).toBeUndefined()
  expect(afterMs(1)).toBe('ping')
  expect(afterMs(limits.pingIntervalMs + 1)).toBe('silent')
})

test('a client that answers is pinged on', () => {
  const clock = new ManualClock()
  const heartbeat = new Heartbeat(clock.monotonicMs(), 0)
  for (let n = 0; n < 5; n++) {
    clock.advance(limits.pingIntervalMs + 1)
    expect(heartbeat.next(clock.monotonicMs())).toBe('ping')
    heartbeat.onPong()
  }
})
