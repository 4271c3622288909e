/** Splits text into letters as people see them: grapheme clusters (UAX 29), for no language. */
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** Returns the number of letters that people see. An emoji is one; so is a letter with marks. */
export function countLetters(text: string): number {
  let count = 0
  for (const _ of segmenter.segment(text)) count++
  return count
}

/**
 * Returns the beginning of a text, at most `maxLetters` letters and `maxCodePoints` code points
 * long. It never cuts a letter.
 */
export function firstLetters(text: string, maxLetters: number, maxCodePoints: number): string {
  let kept = ''
  let [letters, codePoints] = [0, 0]
  for (const { segment } of segmenter.segment(text)) {
    letters++
    codePoints += Array.from(segment).length
    if (letters > maxLetters || codePoints > maxCodePoints) break
    kept += segment
  }
  return kept
}
