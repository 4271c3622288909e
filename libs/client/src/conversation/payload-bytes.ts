import { type Payload, PayloadSchema } from '@fastchat/schema'
import { Compile } from 'typebox/compile'

const check = Compile(PayloadSchema)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** What is encrypted: the payload as JSON in UTF-8. */
export const encodePayload = (payload: Payload): Uint8Array => encoder.encode(JSON.stringify(payload))

/** The payload in decrypted bytes; anything that this version does not know, or that is malformed, is `unknown`. */
export function decodePayload(bytes: Uint8Array): Payload | { readonly kind: 'unknown' } {
  try {
    const payload: unknown = JSON.parse(decoder.decode(bytes))
    return check.Check(payload) ? payload : { kind: 'unknown' }
  } catch {
    return { kind: 'unknown' }
  }
}
