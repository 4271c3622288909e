import { firstLetters } from './count-letters.ts'

/**
 * Labels: the free names of groups and devices. They follow the Nickname profile of PRECIS (RFC 8266) where it fits names that
 * people see, and allow emoji and the joiners that some scripts need.
 */

/** Counted as people see them. */
export const maxLabelLetters = 64
/** An emoji may be ten code points, and a letter may carry marks. */
export const maxLabelCodePoints = 256

/** A code point has one or two. */
const maxCodeUnits = 2 * maxLabelCodePoints

/** The rule of labels, for people. */
export const labelRule = `1 to ${maxLabelLetters} letters on one line, with nothing in them that cannot be seen or that turns the line around`

/** More marks on one letter cover the lines around it (UTS 39 §5.4). */
const maxMarks = 4
const spaces = /\p{Zs}+/gu
/**
 * An emoji as Unicode recommends it; a joiner where a script needs it (RFC 5892 A.1, A.2); or what has no place in a name: controls,
 * marks of direction, what is not shown, what is not assigned, and four signs that look like a space.
 */
const parts = (): RegExp =>
  (partsOnce ??=
    /(\p{RGI_Emoji}|(?<=[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca])[\u200c\u200d](?=\p{L})|(?<=\p{Script=Arabic})\u200c(?=\p{Script=Arabic}))|[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\ufffc\u{1d159}\u{16fe4}]/gv)
/** The expression is made at its first use. That takes 30 ms, and many programs never use it. */
let partsOnce: RegExp | undefined
const looseMarks = /(?<=^| )\p{M}+/gu
const marks = new RegExp(`([\\p{Mn}\\p{Me}]{${maxMarks}})[\\p{Mn}\\p{Me}]+`, 'gu')
const isSeen = /[\p{L}\p{N}\p{P}\p{S}]/u

/** Returns the form in which a label is kept: NFC, with single spaces. Undefined: the label breaks the rule. */
export function labelOf(written: string): string | undefined {
  if (written.length > maxCodeUnits) return undefined
  const label = withSingleSpaces(written)
  return shownLabel(label) === label ? label : undefined
}

/**
 * Returns what is shown of a label that somebody else's client wrote: the rule's violations are left out, and what is too long is cut.
 * Undefined: nothing to see is left.
 */
export function shownLabel(text: string): string | undefined {
  let [label, next] = ['', withSingleSpaces(text.slice(0, maxCodeUnits))]
  // What is left out may have been what made a joiner lawful. Each round leaves something out, so there is a last one.
  while (next !== label) [label, next] = [next, cleaned(next)]
  return isSeen.test(label) ? label : undefined
}

function cleaned(text: string): string {
  const visible = text.replace(parts(), (_, allowed?: string) => allowed ?? '')
  const clean = withSingleSpaces(visible).replace(looseMarks, '').replace(marks, '$1')
  return withSingleSpaces(firstLetters(clean, maxLabelLetters, maxLabelCodePoints))
}

/**
 * Returns what two labels have in common when people take them for the same: case folded, without what is not seen, compatible forms
 * made one (NFKC). For comparing only.
 */
export function labelKey(label: string): string {
  let key = label
  // A fold may compose anew what it took apart: twice is enough for every letter, the third time changes nothing.
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
    .replace(/(?<=[ij])\u0307/gu, '') // the dot that i and j have already, and that İ leaves behind
    .replaceAll('ς', 'σ')
    .normalize('NFKC')

const withSingleSpaces = (text: string): string => text.normalize('NFC').replace(spaces, ' ').trim()
