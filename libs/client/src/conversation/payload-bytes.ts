import { type Form, formOf, maxTextLetters, type Payload, payloads } from '@fastchat/schema'
import { ClientError } from '../errors.ts'

type Kind = Payload['kind']

/** A payload kind that is missing here is a compile error. */
const forms: Readonly<Record<Kind, Form<unknown>>> = {
  text: formOf(payloads.text),
  image: formOf(payloads.image),
  file: formOf(payloads.file),
  profile: formOf(payloads.profile),
  shared: formOf(payloads.shared),
  vote: formOf(payloads.vote),
  card: formOf(payloads.card),
  edit: formOf(payloads.edit),
  delete: formOf(payloads.delete),
  reaction: formOf(payloads.reaction),
  pin: formOf(payloads.pin),
  timer: formOf(payloads.timer),
}
const isKind = (kind: unknown): kind is Kind => typeof kind === 'string' && Object.hasOwn(forms, kind)

const invalid = `A message must be in the form of its kind; a text has 1 to ${maxTextLetters} letters`

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Returns the bytes that are encrypted: the payload as JSON in UTF-8.
 *
 * @throws {ClientError} `invalid_payload` when the payload is not exactly in the form of its kind
 */
export function encodePayload(payload: Payload): Uint8Array {
  const { kind }: { readonly kind: unknown } = payload
  if (!isKind(kind) || !forms[kind].accepts(payload)) throw new ClientError('invalid_payload', invalid)
  return encoder.encode(JSON.stringify(payload))
}

/**
 * Returns the payload in decrypted bytes. Never throws. Unknown fields are left out, so a known
 * kind may get optional fields. Other kinds, other versions and malformed payloads are `unknown`.
 */
export function decodePayload(bytes: Uint8Array): Payload | { readonly kind: 'unknown' } {
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes))
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
    if (!isKind(kind)) return { kind: 'unknown' }
    const payload = forms[kind].clean(value)
    // The cast holds because the schema of `kind` is checked here, and `Payload` is made of those
    // schemas.
    return forms[kind].accepts(payload) ? (payload as Payload) : { kind: 'unknown' }
  } catch {
    return { kind: 'unknown' }
  }
}
