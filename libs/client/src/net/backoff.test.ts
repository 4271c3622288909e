import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBackoff } from './backoff.ts'

/** The longest pauses, each slept through, beginning `at` milliseconds on a clock of its own. */
function longest(
  count: number,
  at = { ms: 0 },
  backoff = createBackoff(
    () => 1,
    () => at.ms,
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
    () => at.ms,
  )
  expect(longest(3, at, backoff)).toEqual([500, 1000, 2000])
  backoff.reset()
  expect(backoff.next()).toBe(500)
  expect(createBackoff(() => 0).next()).toBe(0)
})

test('a pause is at most three seconds or a third of the trouble so far, and half a minute', () => {
  expect(longest(6)).toEqual([500, 1000, 2000, 3000, 3000, 3167])
  expect(Math.max(...longest(60))).toBe(30_000)
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 100 }), (lucks) => {
      let awayMs = 0
      let luck = 0
      const backoff = createBackoff(
        () => luck,
        () => awayMs,
      )
      for (luck of lucks) {
        const waitMs = backoff.next()
        expect(waitMs).toBeLessThanOrEqual(Math.max(3_000, Math.ceil(awayMs / 3)))
        awayMs += waitMs
      }
    }),
  )
})

test('what worked for a moment is waited for three seconds at most, not for the half minute of before', () => {
  const at = { ms: 0 }
  const backoff = createBackoff(
    () => 1,
    () => at.ms,
  )
  expect(longest(60, at, backoff).at(-1)).toBe(30_000)
  backoff.worked()
  expect(longest(2, at, backoff)).toEqual([3000, 3000])
})

test('a pause that the server asks for is kept and at most doubled, however often it asks', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 10_000 }), (luck, askedMs) => {
      const backoff = createBackoff(() => luck)
      for (let n = 0; n < 20; n++) {
        const waitMs = backoff.next(askedMs)
        expect(waitMs).toBeGreaterThanOrEqual(askedMs)
        expect(waitMs).toBeLessThanOrEqual(2 * askedMs)
      }
    }),
  )
})
