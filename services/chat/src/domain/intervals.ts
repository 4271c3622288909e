/**
 * A range of positions that a device may receive, both ends included. `to` is undefined while its
 * leaf is in the group.
 */
export type Interval = { readonly from: number; readonly to: number | undefined }

/** One interval for each leaf that the device has had in the conversation, sorted by `from`. */
export type Intervals = readonly Interval[]

/**
 * Returns the first position after `after` that the device may receive, whether it exists yet or
 * not. Undefined if there will be none.
 */
export function nextVisible(intervals: Intervals, after: number): number | undefined {
  for (const { from, to } of intervals) {
    const next = Math.max(from, after + 1)
    if (to === undefined || next <= to) return next
  }
  return undefined
}

/** Returns the ranges after `after` and up to `upTo` that the device may receive. */
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

/** A range of positions in the log, both ends included. */
export type Range = { readonly from: number; readonly to: number }

/** Cuts a range where gaps begin and end. `gaps` must be sorted and must not overlap. */
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
 * Adds the interval of one leaf. If the leaf is known already, the earlier end holds: an ended leaf
 * does not come back, so an older reading changes nothing.
 */
export function withInterval(intervals: Intervals, { from, to }: Interval): Intervals {
  const known = intervals.find((interval) => interval.from === from)
  if (known && (to === undefined || (known.to !== undefined && known.to <= to))) return intervals
  const others = intervals.filter((interval) => interval !== known)
  // A spread would allocate spare room. A pod holds very many arrays of one leaf.
  return others.concat({ from, to }).sort((a, b) => a.from - b.from)
}

/**
 * Ends the interval of the leaf that the commit at `seq` removed. The leaf still receives that
 * commit.
 */
export function endedAt(intervals: Intervals, seq: number): Intervals {
  const isCut = ({ from, to }: Interval) => from < seq && (to === undefined || to > seq)
  return intervals.map((interval) => (isCut(interval) ? { from: interval.from, to: seq } : interval))
}
