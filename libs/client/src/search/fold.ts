/** Scripts that write no spaces between words: a word of a query may begin anywhere in a text. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u
const marks = /[\p{M}\p{Default_Ignorable_Code_Point}]/gu
const betweenWords = /[^\p{L}\p{N}]+/gu

/** The words of a text without case and accents, each with a space around. */
export type Folded = string

/** Returns the words of a text in lower case, by NFKD, without marks and invisible letters. */
export function foldText(text: string): Folded {
  const plain = text.normalize('NFKD').replace(marks, '')
  // Upper case first: ß and ss are the same then.
  return ` ${plain.toUpperCase().toLowerCase().normalize('NFKD').replace(marks, '').replace(betweenWords, ' ').trim()} `
}

/** Returns whether a word is of a script without spaces between words. */
export const hasNoSpaces = (word: string): boolean => unspaced.test(word)

/** Matches texts that have all words of a query. The last word may be the beginning of one. */
export type Query = { matches(text: Folded): boolean }

/** The most words of a query that count. */
const maxWords = 16

/** Reads a query. Returns undefined when it has no word. */
export function readQuery(written: string): Query | undefined {
  const words = foldText(written).trim().split(' ').filter(Boolean).slice(0, maxWords)
  if (words.length === 0) return undefined
  const needles = words.map((word, at) => {
    if (hasNoSpaces(word)) return word
    return at === words.length - 1 ? ` ${word}` : ` ${word} `
  })
  return { matches: (text) => needles.every((needle) => text.includes(needle)) }
}
