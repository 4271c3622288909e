import { foldText, hasNoSpaces } from './fold.ts'

/** A part of a text that a query has found, in letters of the text: `to` is behind its end. */
export type Highlight = { readonly from: number; readonly to: number }

/** The most parts of one text. */
const maxHighlights = 50
const word = /[\p{L}\p{N}][\p{L}\p{N}\p{M}\p{Default_Ignorable_Code_Point}]*/gu

/**
 * Returns the words of a text that a query finds, in their order. They are whole words, except in
 * scripts that write no spaces between words.
 */
export function highlightsIn(text: string, query: string): Highlight[] {
  const wanted = foldText(query).trim().split(' ').filter(Boolean)
  const found: Highlight[] = []
  for (const { index, 0: written } of text.matchAll(word)) {
    if (found.length >= maxHighlights) break
    const place = placeIn(foldText(written).trim(), wanted)
    if (!place) continue
    const isSame = foldText(written).trim().length === written.length
    found.push(
      isSame ? { from: index + place.from, to: index + place.to } : { from: index, to: index + written.length },
    )
  }
  return found
}

/** Returns the part of a folded word that one of the wanted words names. */
function placeIn(folded: string, wanted: readonly string[]): Highlight | undefined {
  for (const [n, needle] of wanted.entries()) {
    const at = folded.indexOf(needle)
    if (hasNoSpaces(needle) && at >= 0) return { from: at, to: at + needle.length }
    const isFound = n === wanted.length - 1 ? at === 0 : folded === needle
    if (isFound) return { from: 0, to: folded.length }
  }
  return undefined
}
