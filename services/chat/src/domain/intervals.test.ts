import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutAt, endedAt, type Intervals, nextVisible, visibleUpTo, withInterval } from './intervals.ts'

/**
 * Generates leaves as a log makes them: one after another, the last maybe open. A rejoin may begin
 * where the last leaf ended.
 */
const leaves = fc
  .array(fc.tuple(fc.nat(4), fc.nat(5)), { minLength: 1, maxLength: 5 })
  .chain((steps) => fc.record({ steps: fc.constant(steps), isOpen: fc.boolean() }))
  .map(({ steps, isOpen }) => {
    let at = 1
    const intervals = steps.map(([pause, length]) => {
      const from = at + pause
      at = from + length + (length === 0 ? 1 : 0)
      return { from, to: at as number | undefined }
    })
    const last = intervals.at(-1)
    if (isOpen && last) last.to = undefined
    return intervals as Intervals
  })
const top = 70
const isVisible = (intervals: Intervals, seq: number) =>
  intervals.some(({ from, to }) => from <= seq && seq <= (to ?? Number.POSITIVE_INFINITY))
const visible = (intervals: Intervals, after: number) =>
  Array.from({ length: top }, (_, at) => at + 1).filter((seq) => seq > after && isVisible(intervals, seq))

test('the next visible position is the lowest one above that lies within a leaf', () => {
  fc.assert(
    fc.property(leaves, fc.nat(60), (intervals, after) => {
      expect(nextVisible(intervals, after)).toBe(visible(intervals, after)[0])
    }),
  )
})

test('the visible ranges hold each visible position once', () => {
  fc.assert(
    fc.property(leaves, fc.nat(60), fc.nat(60), (intervals, after, upTo) => {
      const ranges = visibleUpTo(intervals, after, upTo)
      const all = ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, at) => from + at))
      expect(all).toEqual(visible(intervals, after).filter((seq) => seq <= upTo))
    }),
  )
})

describe('the interval of a leaf', () => {
  test('an end stays, even if an older reading has none', () => {
    const ended = withInterval([{ from: 3, to: undefined }], { from: 3, to: 8 })
    expect(ended).toEqual([{ from: 3, to: 8 }])
    expect(withInterval(ended, { from: 3, to: undefined })).toEqual(ended)
  })

  test('leaves are kept in order', () => {
    expect(withInterval([{ from: 9, to: undefined }], { from: 2, to: 5 })).toEqual([
      { from: 2, to: 5 },
      { from: 9, to: undefined },
    ])
  })

  test('a removal ends the leaf that it meets, not a later one', () => {
    const rejoined = withInterval([{ from: 2, to: undefined }], { from: 7, to: undefined })
    expect(endedAt(rejoined, 7)).toEqual([
      { from: 2, to: 7 },
      { from: 7, to: undefined },
    ])
  })
})

test.each([
  [{ from: 1, to: 9 }, [], [[1, 9, false]]],
  [{ from: 5, to: 9 }, [{ from: 5, to: 9 }], [[5, 9, true]]],
  [
    { from: 1, to: 20 },
    [
      { from: 3, to: 5 },
      { from: 10, to: 30 },
    ],
    [
      [1, 2, false],
      [3, 5, true],
      [6, 9, false],
      [10, 20, true],
    ],
  ],
  [{ from: 4, to: 4 }, [{ from: 1, to: 8 }], [[4, 4, true]]],
  [{ from: 9, to: 12 }, [{ from: 1, to: 8 }], [[9, 12, false]]],
])('a range %j is cut at the gaps %j', (range, gaps, parts) => {
  expect(cutAt(range, gaps).map(({ from, to, isGap }) => [from, to, isGap])).toEqual(parts)
})
