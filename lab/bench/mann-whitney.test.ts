import { describe, expect, test } from 'vitest'
import { mannWhitney } from './mann-whitney.ts'

describe('mannWhitney', () => {
  test('gives the published values of a small sample', () => {
    const { u, p } = mannWhitney([19, 22, 16, 29, 24], [20, 11, 17, 12])
    expect(u).toBe(17)
    expect(p).toBeCloseTo(0.111347, 5)
  })
  test('corrects for ties', () => {
    const { u, p } = mannWhitney([1, 2, 2, 3, 4, 4, 5, 6], [2, 4, 4, 5, 6, 6, 7, 8])
    expect(u).toBe(14.5)
    expect(p).toBeCloseTo(0.070166, 5)
  })
  test('tells apart samples that hardly overlap, in either order', () => {
    const low = Array.from({ length: 200 }, (_, i) => i)
    const high = low.map((value) => value + 60)
    expect(mannWhitney(low, high).p).toBeLessThan(1e-6)
    expect(mannWhitney(high, low).p).toBeCloseTo(mannWhitney(low, high).p, 12)
  })
  test('finds no difference between equal samples', () => {
    const same = Array.from({ length: 50 }, (_, i) => i % 7)
    expect(mannWhitney(same, same).p).toBeCloseTo(1, 6)
    expect(mannWhitney([3, 3, 3], [3, 3]).p).toBe(1)
  })
  test('rejects an empty sample', () => {
    expect(() => mannWhitney([], [1])).toThrow(RangeError)
  })
})
