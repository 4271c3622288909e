/** The control characters that a terminal obeys: C0 without tab and newline, DEL, and C1. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this finds control characters.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/** The marks that turn the direction of a text. With them, a line could look like another one. */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/**
 * Makes a text of another person safe for a terminal: it can't move the cursor, colour or reorder
 * the line.
 */
export const safeText = (text: string): string =>
  text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(controls, '\u{fffd}')
    .replace(directions, '')

/** The letters that are written from right to left, such as those of Hebrew and Arabic. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * Isolates the direction of each line of a text that has letters from right to left (Unicode
 * UAX #9, FSI and PDI). So it can't reorder what stands beside it.
 */
export const isolated = (text: string): string =>
  rightToLeft.test(text)
    ? text
        .split('\n')
        .map((line) => `\u2068${line}\u2069`)
        .join('\n')
    : text

/** Makes a name of another person safe for a terminal, on one line. */
export const safeName = (text: string): string => safeText(text).replace(/[\n\t]/g, ' ')

/**
 * Returns JSON on one line, without characters that control a terminal or turn the direction of a
 * text.
 */
export const safeJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
