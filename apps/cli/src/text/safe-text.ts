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
