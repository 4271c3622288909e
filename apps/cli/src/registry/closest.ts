/** Returns the candidate that is most like `word`. Undefined: none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const near = candidates
    .map((candidate) => ({ candidate, steps: distance(word.toLowerCase(), candidate) }))
    .filter(({ candidate, steps }) => steps <= Math.max(1, Math.floor(candidate.length * maxShare)))
  return near.toSorted((a, b) => a.steps - b.steps)[0]?.candidate
}

/** The share of a word's letters that may be wrong. */
const maxShare = 0.4
/** No command has a longer word. This bounds the work. */
const maxLetters = 40

/**
 * Returns how many letters have to be inserted, removed, replaced or swapped with their neighbour
 * (optimal string alignment).
 */
function distance(a: string, b: string): number {
  if (a.length > maxLetters) return a.length
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, n) => n)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1]
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (isSame ? 0 : 1),
        isSwapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
      )
    }
  }
  return at(a.length, b.length)
}
