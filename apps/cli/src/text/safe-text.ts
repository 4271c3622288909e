/** C0 (but tab and newline), DEL and C1: what a terminal obeys instead of showing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/** Marks that turn the direction of what follows, so that a line could pretend to be another. */
const directions = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** What another person wrote, fit for a terminal: nothing in it moves the cursor, colours, or reorders the line. */
export const safeText = (text: string): string =>
  text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(controls, '\u{fffd}')
    .replace(directions, '')

/** The same on one line: for names. */
export const safeName = (text: string): string => safeText(text).replace(/[\n\t]/g, ' ')

/** JSON on one line for every reader, with nothing that a terminal obeys or that turns lines around. */
export const safeJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
