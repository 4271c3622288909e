import type { MonotonicMs } from '@fastchat/clock'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBackoff } from './backoff.ts'

/** Returns a monotonic clock that shows the given time. */
const clockAt = (ms: () => number) => ({ monotonicMs: () => ms() as MonotonicMs })

/** Returns the longest pauses in a row, beginning at `at` milliseconds. */
function longest(
  count: number,
  at = { ms: 0 },
  backoff = createBackoff(
    () => 1,
    clockAt(() => at.ms),
  ),
): number[] {
  return Array.from({ length: count }, () => {
    const waitMs = backoff.next()
    at.ms += waitMs
    return waitMs
  })
}

test('pauses are random below a bound that doubles from half a second, until a reset', () => {
  const at = { ms: 0 }
  const backoff = createBackoff(
    () => 1,
    clockAt(() => at.ms),
  )
  expect(longest(3, at, backoff)).toEqual([500, 1000, 1500])
  backoff.reset()
  expect(backoff.next()).toBe(500)
  expect(
    createBackoff(
      () => 0,
      clockAt(() => 0),
    ).next(),
  ).toBe(0)
})

test('a pause is at most 1.5 s or a sixth of the trouble so far, and at most half a minute', () => {
  expect(longest(9)).toEqual([500, 1000, ...Array(6).fill(1500), 1750])
  expect(Math.max(...longest(60))).toBe(30_000)
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 100 }), (lucks) => {
      let awayMs = 0
      let luck = 0
      const backoff = createBackoff(
        () => luck,
        clockAt(() => awayMs),
      )
      for (luck of lucks) {
        const waitMs = backoff.next()
        expect(waitMs).toBeLessThanOrEqual(Math.max(1_500, Math.ceil(awayMs / 6)))
        awayMs += waitMs
      }
    }),
  )
})

test('after a short success the pause is at most 1.5 s, not the half minute of before', () => {
  const at = { ms: 0 }
  const backoff = createBackoff(
    () => 1,
    clockAt(() => at.ms),
  )
  expect(longest(60, at, backoff).at(-1)).toBe(30_000)
  backoff.worked()
  expect(longest(2, at, backoff)).toEqual([1500, 1500])
})

/**
 * Simulates `hours` with a link that is up and down in turn, each for `phaseMs`. Returns the part
 * of the time in which a client is connected, and its longest pause.
 */
function useOf(phaseMs: number, luck: () => number, hours = 4) {
  const takesMs = 100
  let ms = 0
  let onlineMs = 0
  let longestMs = 0
  const backoff = createBackoff(
    luck,
    clockAt(() => ms),
  )
  while (ms < hours * 3_600_000) {
    const isUp = Math.floor(ms / phaseMs) % 2 === 0
    const leftMs = phaseMs - (ms % phaseMs)
    if (isUp && leftMs > takesMs) {
      backoff.worked()
      ms += leftMs
      onlineMs += leftMs - takesMs
    }
    const waitMs = backoff.next()
    longestMs = Math.max(longestMs, waitMs)
    ms += waitMs
  }
  return { part: onlineMs / ms, longestMs }
}

test('a link that is up half of the time is used for nearly all of that half, with short pauses', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10_000, max: 120_000 }), fc.integer(), (phaseMs, seed) => {
      const random = xorShift(seed)
      const { part, longestMs } = useOf(phaseMs, random)
      expect(part).toBeGreaterThan(0.43)
      expect(longestMs).toBeLessThanOrEqual(Math.max(1_500, phaseMs / 4))
    }),
    { numRuns: 30 },
  )
})

/** Returns Marsaglia's xorshift: numbers from 0 to 1 for a seed. */
function xorShift(seed: number): () => number {
  let x = seed | 1
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) / 2 ** 32
  }
}

test('a pause that the server asks for is kept and at most doubled, however often it asks', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 10_000 }), (luck, askedMs) => {
      const backoff = createBackoff(
        () => luck,
        clockAt(() => 0),
      )
      for (let n = 0; n < 20; n++) {
        const waitMs = backoff.next(askedMs)
        expect(waitMs).toBeGreaterThanOrEqual(askedMs)
        expect(waitMs).toBeLessThanOrEqual(2 * askedMs)
      }
    }),
  )
})
