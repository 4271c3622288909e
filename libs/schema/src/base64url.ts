/** Base64url without padding (RFC 4648 §5), the form of bytes on the wire; in any runtime, without Node's Buffer. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const chunk = 0x8000

export function toBase64Url(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += chunk) binary += String.fromCharCode(...bytes.subarray(at, at + chunk))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Whether `text` is base64url in its one canonical form: no padding, and no bits that stand for nothing but zeros. */
export function isBase64Url(text: string): boolean {
  const tail = text.length % 4
  const last = alphabet.indexOf(text.at(-1) ?? 'A')
  const spareBits = tail === 2 ? 15 : tail === 3 ? 3 : 0
  return tail !== 1 && (last & spareBits) === 0 && /^[A-Za-z0-9_-]*$/.test(text)
}

/** @throws RangeError when `text` is not base64url in its one canonical form. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  if (!isBase64Url(text)) throw new RangeError('not base64url')
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
  return bytes
}
