export type Random = {
  /** Returns a number from 0 up to, not including, 1. */
  next(): number
  /** Returns a whole number from 0 up to, not including, `below`. */
  below(below: number): number
  pick<T>(items: readonly T[]): T
}

/**
 * Returns a generator that gives the same numbers for the same seed (mulberry32), so that a failure
 * can be repeated.
 */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick<T>(items: readonly T[]) {
      if (items.length === 0) throw new RangeError('nothing to pick from')
      return items[below(items.length)] as T // the index is within the bounds
    },
  }
}
