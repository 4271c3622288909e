/** Positions that a device may receive, both ends included; `to` is undefined while its leaf is in the group. */
export type Interval = { readonly from: number; readonly to: number | undefined }

/** Sorted by `from`, one for each leaf that the device has had in the conversation. */
export type Intervals = readonly Interval[]

/** The first position after `after` that the device may receive, whether it exists yet or not; undefined: none, ever. */
export function nextVisible(intervals: Intervals, after: number): number | undefined {
  for (const { from, to } of intervals) {
    const next = Math.max(from, after + 1)
    if (to === undefined || next <= to) return next
  }
  return undefined
}

/** The ranges after `after` and up to `upTo` that the device may receive. */
export function visibleUpTo(
  intervals: Intervals,
  after: number,
  upTo: number,
): readonly { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = []
  for (let at = after; ; ) {
    const from = nextVisible(intervals, at)
    if (from === undefined || from > upTo) return ranges
    const within = intervals.find((interval) => interval.from <= from && from <= (interval.to ?? from))
    at = Math.min(within?.to ?? upTo, upTo)
    ranges.push({ from, to: at })
  }
}

/** Positions of the log, both ends included. */
export type Range = { readonly from: number; readonly to: number }

/** A range cut where `gaps` (sorted, none overlapping) begin and end. */
export function cutAt({ from, to }: Range, gaps: readonly Range[]): readonly (Range & { readonly isGap: boolean })[] {
  const parts: (Range & { isGap: boolean })[] = []
  let at = from
  for (const gap of gaps.filter((one) => one.to >= from && one.from <= to)) {
    if (gap.from > at) parts.push({ from: at, to: gap.from - 1, isGap: false })
    parts.push({ from: Math.max(at, gap.from), to: Math.min(gap.to, to), isGap: true })
    at = gap.to + 1
  }
  if (at <= to) parts.push({ from: at, to, isGap: false })
  return parts
}

/**
 * Adds what was read about one leaf. Of two statements about the same leaf the one that ends earlier holds, since a leaf
 * that has ended does not come back: so a reading from before the end changes nothing.
 */
export function withInterval(intervals: Intervals, { from, to }: Interval): Intervals {
  const known = intervals.find((interval) => interval.from === from)
  if (known && (to === undefined || (known.to !== undefined && known.to <= to))) return intervals
  const others = intervals.filter((interval) => interval !== known)
  // Not by spreading, which leaves room for more: most devices have one leaf, in very many conversations.
  return others.concat({ from, to }).sort((a, b) => a.from - b.from)
}

/** The commit at `seq` removed the device's leaf: it is the last thing that the leaf receives. */
export function endedAt(intervals: Intervals, seq: number): Intervals {
  const isCut = ({ from, to }: Interval) => from < seq && (to === undefined || to > seq)
  return intervals.map((interval) => (isCut(interval) ? { from: interval.from, to: seq } : interval))
}
