import { type Form, fromBase64Url } from '@fastchat/schema'
import { HandshakeError } from './handshake-error.ts'

/**
 * Reads UTF-8 JSON of a form in its one canonical form: the bytes that `encode` returns
 * for it. So equal statements are equal bytes.
 *
 * @throws HandshakeError `malformed`
 */
export function readCanonicalJson<T>(bytes: Uint8Array, form: Form<T>, encode: (value: T) => Uint8Array): T {
  const value = parse(bytes)
  if (!form.accepts(value)) throw new HandshakeError('malformed', 'JSON of another shape')
  const canonical = encode(value)
  if (canonical.length !== bytes.length || canonical.some((byte, at) => byte !== bytes[at]))
    throw new HandshakeError('malformed', 'JSON not in canonical form')
  return value
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    throw new HandshakeError('malformed', 'not JSON', { cause })
  }
}

/** Decodes a base64url field of a statement. @throws HandshakeError `malformed` */
export function bytesOfField(text: string): Uint8Array {
  try {
    return fromBase64Url(text)
  } catch (cause) {
    throw new HandshakeError('malformed', 'not base64url', { cause })
  }
}

export const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
