/**
 * Returns the percentile of the nearest rank: the smallest value that at least `share` (0 to 1) of
 * all values do not exceed.
 */
export function percentile(values: Float64Array, share: number): number {
  const sorted = values.toSorted()
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
