/** Letters as people see them: grapheme clusters (UAX 29), in no language's own way. */
const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })

/** Returns how many letters people see in a text: an emoji is one, and so is a letter with its marks. */
export function countLetters(text: string): number {
  let count = 0
  for (const _ of segmenter.segment(text)) count++
  return count
}

/** Returns the beginning of a text: so many letters at most, and so many code points at most, with no letter cut apart. */
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
