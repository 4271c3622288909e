type Part = { readonly from: number; readonly to: number }
export type Piece = { readonly text: string; readonly isFound: boolean }

/** The letters before the first found word, and the most letters of an excerpt. */
const lettersBefore = 40
const maxLetters = 220

/** Returns the part of a text around its first found word, in pieces: found ones and others. */
export function excerptOf(text: string, found: readonly Part[]): Piece[] {
  const first = found[0]?.from ?? 0
  const start = first > lettersBefore ? wordAt(text, first - lettersBefore) : 0
  const end = Math.min(text.length, start + maxLetters)
  const pieces: Piece[] = start > 0 ? [{ text: '…', isFound: false }] : []
  let at = start
  for (const { from, to } of found) {
    if (to > end) break
    if (from > at) pieces.push({ text: text.slice(at, from), isFound: false })
    pieces.push({ text: text.slice(from, to), isFound: true })
    at = to
  }
  if (at < end) pieces.push({ text: text.slice(at, end), isFound: false })
  return end < text.length ? [...pieces, { text: '…', isFound: false }] : pieces
}

/** Returns the beginning of the first word behind a place. */
function wordAt(text: string, place: number): number {
  const space = text.indexOf(' ', place)
  return space >= 0 && space < place + lettersBefore ? space + 1 : place
}
