import { toBase64Url, type UserId } from '@fastchat/schema'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { openWithGcm, sealWithGcm } from './aes-gcm.ts'

/** The keys of an account's own records; see `deriveRecordKeys`. */
export type RecordKeys = { readonly sealing: Uint8Array; readonly naming: Uint8Array }

/**
 * The place of a record, which the seal binds to it. So the server can neither show one record as
 * another, nor an old version as a newer one.
 */
export type RecordPlace = {
  readonly userId: UserId
  /** The name that the server sees; see `recordName`. */
  readonly name: string
  /** Counts the versions of the record from 1. */
  readonly version: number
}

/** The record did not open: it is of another place or account, or its bytes changed. */
export class OwnRecordError extends Error {
  override name = 'OwnRecordError'
}

const keyBytes = 32
const nameBytes = 16
const nonceBytes = 12
const tagBytes = 16
const lengthBytes = 2
const sealLabel = 'fastchat/v1/own-records'
const nameLabel = 'fastchat/v1/own-record-names'
/** Padding: the length shows the size of a record in steps of this many bytes only. */
const paddingStep = 256

const encoder = new TextEncoder()

/**
 * Returns the keys of own records: HKDF-SHA256 (RFC 5869) of the state key, with a label for each.
 * All devices that have opened the vault get the same ones.
 */
export function deriveRecordKeys(stateKey: Uint8Array): RecordKeys {
  const derive = (label: string) => hkdf(sha256, stateKey, undefined, encoder.encode(label), keyBytes)
  return { sealing: derive(sealLabel), naming: derive(nameLabel) }
}

/**
 * Returns the name under which the server keeps a record: the first 16 bytes of HMAC-SHA256, as
 * base64url. It does not tell the server what the record is about.
 */
export function recordName({ naming }: RecordKeys, key: string): string {
  return toBase64Url(hmac(sha256, naming, encoder.encode(key)).subarray(0, nameBytes))
}

/**
 * Seals a record for the server with AES-256-GCM.
 *
 * @returns nonce (12) ‖ ciphertext of (length in 2 bytes, big-endian ‖ record ‖ zeros up to a
 *   multiple of 256) ‖ tag (16)
 * @throws {RangeError} when the record has more than 65 535 bytes
 */
export async function sealOwnRecord(
  { sealing }: RecordKeys,
  place: RecordPlace,
  record: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  if (record.length > 0xffff) throw new RangeError('a record has at most 65 535 bytes')
  const padded = new Uint8Array(Math.ceil((lengthBytes + record.length) / paddingStep) * paddingStep)
  new DataView(padded.buffer).setUint16(0, record.length)
  padded.set(record, lengthBytes)
  return await sealWithGcm(sealing, padded, associatedData(place))
}

/** @throws {OwnRecordError} unless `sealed` is the record of this place */
export async function openOwnRecord(
  { sealing }: RecordKeys,
  place: RecordPlace,
  sealed: Uint8Array,
): Promise<Uint8Array> {
  try {
    const padded = await openWithGcm(sealing, sealed, associatedData(place))
    const length = new DataView(padded.buffer).getUint16(0)
    return padded.subarray(lengthBytes, lengthBytes + length)
  } catch (cause) {
    throw new OwnRecordError('the record does not open', { cause })
  }
}

/** Returns the largest size of a record whose sealed form has at most `maxBytes`. */
export const maxRecordBytes = (maxBytes: number): number =>
  Math.floor((maxBytes - nonceBytes - tagBytes) / paddingStep) * paddingStep - lengthBytes

/** JSON keeps the parts apart, whatever they contain. */
const associatedData = ({ userId, name, version }: RecordPlace): string =>
  JSON.stringify([sealLabel, userId, name, version])
