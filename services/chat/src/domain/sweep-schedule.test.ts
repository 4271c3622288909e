import { later } from '@fastchat/clock'
import { ManualClock } from '@fastchat/clock/testing'
import { expect, test } from 'vitest'
import { mayHaveMissed, minPauseMs, pauseMs } from './sweep-schedule.ts'

test('a healthy pod sweeps within 5 s, an urgent one about each second', () => {
  const calm = { isUrgent: false, isWanted: false }
  expect([0, 0.5, 1].map((random) => pauseMs(calm, random))).toEqual([3_200, 4_000, 4_800])
  expect(pauseMs({ ...calm, isUrgent: true }, 0.5)).toBe(1_000)
})

test('a requested sweep comes soon', () => {
  expect(pauseMs({ isUrgent: false, isWanted: true }, 0.5)).toBe(minPauseMs)
})

test('rows may be missed only after half the time that they are kept', () => {
  const sweptAt = new ManualClock().monotonicMs()
  expect(mayHaveMissed(sweptAt, later(sweptAt, 30 * 60_000))).toBe(false)
  expect(mayHaveMissed(sweptAt, later(sweptAt, 30 * 60_000 + 1))).toBe(true)
})
