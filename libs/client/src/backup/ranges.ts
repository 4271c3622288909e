/** The first and the last position of a part of a log. */
export type Span = readonly [from: number, to: number]
/** Parts of a log: ascending, and none touches the next. */
export type Ranges = readonly Span[]

/** Returns the positions that are in any of the spans. */
export function unite(spans: Ranges): Ranges {
  const united: [number, number][] = []
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    const last = united.at(-1)
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else united.push([from, to])
  }
  return united
}

/** Returns the positions of `ranges` that are not in `taken`. */
export function without(ranges: Ranges, taken: Ranges): Ranges {
  let left = ranges
  for (const [from, to] of taken) {
    left = left.flatMap(([a, b]): Span[] => {
      if (to < a || from > b) return [[a, b]]
      return [...(a < from ? [[a, from - 1] as const] : []), ...(to < b ? [[to + 1, b] as const] : [])]
    })
  }
  return left
}

export const has = (ranges: Ranges, seq: number): boolean => ranges.some(([from, to]) => from <= seq && seq <= to)

/** Returns the ranges of single positions. */
export const rangesOf = (seqs: Iterable<number>): Ranges => unite([...seqs].map((seq): Span => [seq, seq]))
