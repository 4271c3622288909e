import { firstLetters } from './count-letters.ts'

/**
 * Labels are the free names of groups and devices. They follow the Nickname profile of PRECIS
 * (RFC 8266) where it fits names that people see. Emoji, and the joiners that some scripts need,
 * are allowed as well.
 */

/** The number of letters as people see them. */
export const maxLabelLetters = 64
/** One emoji may take ten code points, and a letter may carry marks. */
export const maxLabelCodePoints = 256

/** A code point takes one or two code units. */
const maxCodeUnits = 2 * maxLabelCodePoints

/** The rule of labels, as a text for people. */
export const labelRule = `1 to ${maxLabelLetters} letters on one line, without invisible characters or characters that change the text direction`

/** The most marks that one letter may carry. More marks cover the lines above and below. */
const maxMarks = 4
const spaces = /\p{Zs}+/gu
/**
 * Finds the parts that are allowed and those that are not. Allowed, in the first group: emoji that
 * Unicode recommends, and joiners where a script needs them (RFC 5892 A.1, A.2). Not allowed:
 * controls, direction marks, invisible and unassigned characters, and four that look like a space.
 */
const parts = (): RegExp =>
  (partsOnce ??=
    /(\p{RGI_Emoji}|(?<=[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca])[\u200c\u200d](?=\p{L})|(?<=\p{Script=Arabic})\u200c(?=\p{Script=Arabic}))|[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{1d159}\u{16fe4}]/gv)
/** The expression is made at its first use. That takes 30 ms, and many programs never use it. */
let partsOnce: RegExp | undefined
const looseMarks = /(?<=^| )\p{M}+/gu
const marks = new RegExp(`([\\p{Mn}\\p{Me}]{${maxMarks}})[\\p{Mn}\\p{Me}]+`, 'gu')
const isSeen = /[\p{L}\p{N}\p{P}\p{S}]/u

/**
 * Returns the form in which a label is stored: NFC, with single spaces. Returns undefined when the
 * label breaks the rule.
 */
export function labelOf(written: string): string | undefined {
  if (written.length > maxCodeUnits) return undefined
  const label = withSingleSpaces(written)
  return shownLabel(label) === label ? label : undefined
}

/**
 * Returns the visible part of a label that another client wrote. It leaves out the characters that
 * break the rule and cuts a label that is too long. Returns undefined when nothing visible is left.
 */
export function shownLabel(text: string): string | undefined {
  let [label, next] = ['', withSingleSpaces(text.slice(0, maxCodeUnits))]
  // Removing a character can make a joiner after it illegal. Each round removes something, so the
  // loop ends.
  while (next !== label) [label, next] = [next, cleaned(next)]
  return isSeen.test(label) ? label : undefined
}

function cleaned(text: string): string {
  const visible = text.replace(parts(), (_, allowed?: string) => allowed ?? '')
  const clean = withSingleSpaces(visible).replace(looseMarks, '').replace(marks, '$1')
  return withSingleSpaces(firstLetters(clean, maxLabelLetters, maxLabelCodePoints))
}

/**
 * Returns a key that is equal for labels that people take for the same. It folds case, drops
 * invisible characters and unifies compatible forms (NFKC). Use it only to compare.
 */
export function labelKey(label: string): string {
  let key = label
  // Folding may compose letters that it has taken apart. Twice is enough for every letter; the
  // third time changes nothing.
  for (let time = 0; time < 3; time++) key = folded(key)
  return withSingleSpaces(key)
}

const unseen = /\p{Default_Ignorable_Code_Point}/gu
const folded = (text: string): string =>
  text
    .replace(unseen, '')
    .normalize('NFKC')
    .toUpperCase() // ß becomes SS, ſ S, and ı I
    .toLowerCase()
    .replace(/(?<=[ij])\u0307/gu, '') // i and j already have this dot; the fold of İ leaves it
    .replaceAll('ς', 'σ')
    .normalize('NFKC')

const withSingleSpaces = (text: string): string => text.normalize('NFC').replace(spaces, ' ').trim()
