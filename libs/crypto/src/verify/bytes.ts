export { sameBytes } from '#primitives'

/** Joins byte strings into one. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Prepends the length in its shortest form (RFC 9420 §2.1.2). @throws RangeError from 2^30 */
export function withLength(bytes: Uint8Array): Uint8Array {
  return concat(lengthPrefix(bytes.length), bytes)
}

/** Returns the length prefix of a vector. @throws RangeError from 2^30 */
export function lengthPrefix(length: number): Uint8Array {
  if (length < 0x40) return Uint8Array.of(length)
  if (length < 0x4000) return Uint8Array.of(0x40 | (length >> 8), length & 0xff)
  if (length >= 0x40000000) throw new RangeError('vector too long')
  return Uint8Array.of(0x80 | (length >> 24), (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff)
}

/** Returns the number in 4 bytes, big endian. */
export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff)
}
