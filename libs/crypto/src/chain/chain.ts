import type { ConversationId, EntryKind, Epoch, GroupNo } from '@fastchat/schema'
import { sha256 } from '#primitives'

/** The size of a chain value: SHA-256, truncated. */
export const chainBytes = 20

export type EpochStart = {
  readonly conversation: ConversationId
  readonly groupNo: GroupNo
  readonly epoch: Epoch
  /** The position of the commit that began the epoch. */
  readonly seq: number
  /** The confirmed transcript hash of the group after that commit (RFC 9420 §8.2). */
  readonly confirmedTranscriptHash: Uint8Array
}

/** An entry of the log, as the server delivers it. */
export type ChainedEntry = {
  readonly seq: number
  readonly kind: EntryKind
  readonly id: string
  readonly from: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** The bytes of the envelope, or its text when the server delivered no valid base64url. */
  readonly envelope: Uint8Array | string
}

const utf8 = new TextEncoder()
const startLabel = utf8.encode('fastchat chain 1')
const linkLabel = utf8.encode('fastchat link 1')
const kindCodes: Readonly<Record<EntryKind, number>> = { application: 0, commit: 1, leave: 2, revocation: 3 }
/** The kind of an entry without valid base64url. No honest server delivers one. */
const malformedCode = 255
const uuidBytes = 16
const hashBytes = 32

/**
 * Returns the chain value at the beginning of an epoch: the first 20 bytes of SHA-256 over
 *
 *     label length (1) ‖ "fastchat chain 1" ‖ conversation (16) ‖ group number (4) ‖ epoch (8) ‖
 *     seq (8) ‖ hash length (1) ‖ confirmed transcript hash
 *
 * Numbers are unsigned and big endian. Ids are the 16 bytes of their UUID.
 */
export function startChain({ conversation, groupNo, epoch, seq, confirmedTranscriptHash }: EpochStart): Uint8Array {
  const bytes = new Uint8Array(startLabel.length + uuidBytes + 22 + confirmedTranscriptHash.length)
  const view = new DataView(bytes.buffer)
  let at = putLabel(bytes, startLabel)
  at = putUuid(bytes, at, conversation)
  view.setUint32(at, groupNo)
  at = putNumber(view, at + 4, epoch)
  at = putNumber(view, at, seq)
  bytes[at] = confirmedTranscriptHash.length
  bytes.set(confirmedTranscriptHash, at + 1)
  return cut(sha256(bytes))
}

/**
 * Returns the chain value after an entry: the first 20 bytes of SHA-256 over
 *
 *     label length (1) ‖ "fastchat link 1" ‖ value before (20) ‖ seq (8) ‖ kind (1) ‖ id (16) ‖
 *     from (16) ‖ at (8) ‖ SHA-256 of the envelope's bytes (32)
 *
 * `kind` is 0 for application, 1 for commit, 2 for leave, 3 for revocation. These 117 bytes are two
 * blocks of SHA-256. It never throws: invalid entries of a dishonest server get distinct values,
 * too.
 */
export function extendChain(before: Uint8Array, { seq, kind, id, from, at: time, envelope }: ChainedEntry): Uint8Array {
  const { bytes, view } = link
  let at = linkBegin
  bytes.set(before, at)
  at = putNumber(view, at + chainBytes, seq)
  bytes[at] = typeof envelope === 'string' ? malformedCode : kindCodes[kind]
  at = putUuid(bytes, at + 1, id)
  at = putUuid(bytes, at, from)
  at = putNumber(view, at, time)
  bytes.set(sha256(typeof envelope === 'string' ? utf8.encode(envelope) : envelope), at)
  return cut(sha256(bytes))
}

/** The buffer in which each link is assembled for hashing. Only the label stays. */
const link = beginLink()
const linkBegin = 1 + linkLabel.length

function beginLink() {
  const bytes = new Uint8Array(1 + linkLabel.length + chainBytes + 8 + 1 + 2 * uuidBytes + 8 + hashBytes)
  putLabel(bytes, linkLabel)
  return { bytes, view: new DataView(bytes.buffer) }
}

const cut = (hash: Uint8Array): Uint8Array => hash.slice(0, chainBytes)

function putLabel(bytes: Uint8Array, label: Uint8Array): number {
  bytes[0] = label.length
  bytes.set(label, 1)
  return 1 + label.length
}

/** Writes 8 bytes. Exact for whole numbers from 0 to 2^53. */
function putNumber(view: DataView, at: number, value: number): number {
  view.setUint32(at, Math.floor(value / 2 ** 32))
  view.setUint32(at + 4, value % 2 ** 32)
  return at + 8
}

const uuidLetters = 36
const hyphen = 45
/** The value of each hexadecimal digit in lower case by its code; `none` for other characters. */
const none = 0xff
const digits = new Uint8Array(128).fill(none)
for (let digit = 0; digit < 16; digit++) digits[digit.toString(16).charCodeAt(0)] = digit

/** Writes the 16 bytes of a UUID in lower case. Any other text gets the beginning of its hash. */
function putUuid(bytes: Uint8Array, at: number, id: string): number {
  let byte = at
  let seen = id.length === uuidLetters ? 0 : none
  for (let index = 0; index < uuidLetters; index += 2) {
    if (index === 8 || index === 13 || index === 18 || index === 23) if (id.charCodeAt(index++) !== hyphen) seen = none
    const high = digits[id.charCodeAt(index)] ?? none
    const low = digits[id.charCodeAt(index + 1)] ?? none
    seen |= high | low
    bytes[byte++] = high * 16 + low
  }
  if (seen > 15) bytes.set(sha256(utf8.encode(id)).subarray(0, uuidBytes), at)
  return at + uuidBytes
}
