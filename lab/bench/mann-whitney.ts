/**
 * Tests whether two samples come from the same distribution (Mann-Whitney U, two-sided). `u` counts
 * the pairs in which the value of `a` is the greater one; ties count half. `p` is the probability,
 * if they do, of a `u` at least this far from the middle. It uses the normal approximation with
 * corrections for ties and continuity, so it holds for samples of eight and more. It is 1 when all
 * values are equal.
 *
 * @throws RangeError when a sample is empty
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): { readonly u: number; readonly p: number } {
  if (a.length === 0 || b.length === 0) throw new RangeError('both samples need values')
  const { rankSum, tied } = rank(a, b)
  const u = rankSum - (a.length * (a.length + 1)) / 2
  const all = a.length + b.length
  const pairs = a.length * b.length
  const variance = (pairs / 12) * (all + 1 - tied / (all * (all - 1)))
  const distance = Math.max(0, Math.abs(u - pairs / 2) - 0.5)
  return { u, p: variance > 0 ? Math.min(1, 2 * upperTail(distance / Math.sqrt(variance))) : 1 }
}

/**
 * Returns the sum of the ranks of `a` among all values, and Σ(t³ − t) over the groups of equal
 * values. Equal values share the mean of their ranks.
 */
function rank(a: readonly number[], b: readonly number[]): { rankSum: number; tied: number } {
  const values = [...a.map((value) => ({ value, ofA: 1 })), ...b.map((value) => ({ value, ofA: 0 }))]
  values.sort((x, y) => x.value - y.value)
  let [rankSum, tied] = [0, 0]
  for (let start = 0; start < values.length; ) {
    const equals = values.slice(start).findIndex(({ value }) => value !== values[start]?.value)
    const count = equals < 0 ? values.length - start : equals
    const ofA = values.slice(start, start + count).reduce((sum, one) => sum + one.ofA, 0)
    rankSum += ofA * (start + (count + 1) / 2)
    tied += count ** 3 - count
    start += count
  }
  return { rankSum, tied }
}

/** Returns P(Z > z) for z ≥ 0, to 7 digits (Abramowitz and Stegun, 26.2.17). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z)
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429]
  const sum = series.reduceRight((rest, factor) => (rest + factor) * t, 0)
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * sum
}
