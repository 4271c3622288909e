import { maxTextLetters, type Payload, payloads } from '@fastchat/schema'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Clean } from 'typebox/value'
import { ClientError } from '../errors.ts'

type Kind = Payload['kind']
type Check = { Check(value: unknown): boolean }

/** A payload kind that is missing here is a compile error. */
const checks: Readonly<Record<Kind, Check>> = {
  text: Compile(payloads.text),
  image: Compile(payloads.image),
  file: Compile(payloads.file),
  profile: Compile(payloads.profile),
  shared: Compile(payloads.shared),
  vote: Compile(payloads.vote),
  card: Compile(payloads.card),
  edit: Compile(payloads.edit),
  delete: Compile(payloads.delete),
  reaction: Compile(payloads.reaction),
  pin: Compile(payloads.pin),
  timer: Compile(payloads.timer),
}
const schemas: Readonly<Record<Kind, TSchema>> = payloads
const isKind = (kind: unknown): kind is Kind => typeof kind === 'string' && Object.hasOwn(checks, kind)

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
  if (!isKind(kind) || !checks[kind].Check(payload)) throw new ClientError('invalid_payload', invalid)
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
    const payload = Clean(schemas[kind], value)
    // The cast holds because the schema of `kind` is checked here, and `Payload` is made of those
    // schemas.
    return checks[kind].Check(payload) ? (payload as Payload) : { kind: 'unknown' }
  } catch {
    return { kind: 'unknown' }
  }
}
