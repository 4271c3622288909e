/**
 * Encodes bytes as base64url without padding (RFC 4648 §5), the form of bytes on the wire. Works in
 * every runtime: it does not need Node's Buffer.
 */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const codes = Uint8Array.from(alphabet, (letter) => letter.charCodeAt(0))
/** The value of each letter by its character code; `none` for all other characters. */
const none = 0xff
const valuesByCode = new Uint8Array(128).fill(none)
for (const [value, code] of codes.entries()) valuesByCode[code] = value

/** Up to this length one call of String.fromCharCode is faster than a TextDecoder. */
const shortLetters = 256
const ascii = new TextDecoder()

export function toBase64Url(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  let at = 0
  for (let from = 0; from < bytes.length; from += 3) {
    const bits = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0)
    text[at] = codes[bits >> 18] ?? 0
    text[at + 1] = codes[(bits >> 12) & 63] ?? 0
    // Writes past the end of a Uint8Array are dropped, so the last group writes no extra letters.
    text[at + 2] = codes[(bits >> 6) & 63] ?? 0
    text[at + 3] = codes[bits & 63] ?? 0
    at += 4
  }
  if (text.length > shortLetters) return ascii.decode(text)
  // `apply` accepts any array-like object; its declared type asks for an array.
  return String.fromCharCode.apply(undefined, text as unknown as number[])
}

/**
 * Returns whether `text` is base64url in its one canonical form: no padding, and the spare bits of
 * the last letter are zero.
 */
export function isBase64Url(text: string): boolean {
  const tail = text.length % 4
  const last = alphabet.indexOf(text.at(-1) ?? 'A')
  const spareBits = tail === 2 ? 15 : tail === 3 ? 3 : 0
  return tail !== 1 && (last & spareBits) === 0 && /^[A-Za-z0-9_-]*$/.test(text)
}

/** @throws RangeError when `text` is not base64url in its one canonical form */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let seen = text.length % 4 === 1 ? none : 0
  let spare = 0
  let at = 0
  for (let from = 0; from < text.length; from += 4) {
    const a = valueAt(text, from)
    const b = valueAt(text, from + 1)
    const c = valueAt(text, from + 2)
    const d = valueAt(text, from + 3)
    seen |= a | b | c | d
    const bits = (a << 18) | (b << 12) | (c << 6) | d
    bytes[at] = bits >> 16
    bytes[at + 1] = bits >> 8
    bytes[at + 2] = bits
    spare = at + 1 === bytes.length ? bits & 0xffff : at + 2 === bytes.length ? bits & 0xff : 0
    at += 3
  }
  if (seen > 63 || spare !== 0) throw new RangeError('not base64url')
  return bytes
}

/** Returns the value of the letter at `at`; zero past the end of the text. */
function valueAt(text: string, at: number): number {
  return at < text.length ? (valuesByCode[text.charCodeAt(at)] ?? none) : 0
}
