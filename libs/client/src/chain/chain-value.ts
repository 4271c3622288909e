import { fromBase64Url, toBase64Url } from '@fastchat/schema'

/** Values of the heads of chains: each is told, compared and extended within a moment of being made. */
const maxDecoded = 64
const decoded = new Map<string, Uint8Array>()

/** A chain value as it is stored. */
export function encodeValue(c: Uint8Array): string {
  const text = toBase64Url(c)
  keep(text, c)
  return text
}

/** The bytes of a stored value; nobody changes them. */
export function decodeValue(text: string): Uint8Array {
  const known = decoded.get(text)
  if (known) return known
  const c = fromBase64Url(text)
  keep(text, c)
  return c
}

export function isValue(stored: string | undefined, c: Uint8Array): boolean {
  if (stored === undefined) return false
  const own = decodeValue(stored)
  return own.length === c.length && own.every((byte, n) => byte === c[n])
}

function keep(text: string, c: Uint8Array): void {
  if (decoded.size >= maxDecoded) decoded.clear()
  decoded.set(text, c)
}
