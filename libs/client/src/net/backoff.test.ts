import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBackoff } from './backoff.ts'

test('pauses are random below a bound that doubles from half a second to thirty, until a reset', () => {
  const backoff = createBackoff(() => 1)
  const bounds = Array.from({ length: 9 }, () => backoff.next())
  expect(bounds).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  backoff.reset()
  expect(backoff.next()).toBe(500)
  expect(createBackoff(() => 0).next()).toBe(0)
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
