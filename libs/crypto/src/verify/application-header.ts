import type { ConversationId, Epoch, GroupNo } from '@fastchat/schema'
import { groupIdBytes, parseGroupId } from './group-id.ts'
import { HandshakeError } from './handshake-error.ts'

export interface ApplicationHeader {
  conversation: ConversationId
  groupNo: GroupNo
  epoch: Epoch
}

/** The version mls10, mls_private_message, and the length of our group id (RFC 9420 §6, §2.1.2). */
const prefix = [0, 1, 0, 2, groupIdBytes]
const epochAt = prefix.length + groupIdBytes
const contentTypeAt = epochAt + 8
const applicationContent = 1
const authenticatedDataAt = contentTypeAt + 1
const senderDataAt = authenticatedDataAt + 1
/** Leaf index, generation and reuse guard of 4 bytes each, and the AEAD tag (RFC 9420 §6.3.2). */
const senderDataBytes = 12 + 16
const ciphertextAt = senderDataAt + 1 + senderDataBytes

/**
 * Reads the public part of an encrypted application message: an MLSMessage with a PrivateMessage
 * (RFC 9420 §6.3), content type application and no authenticated data. Every send passes here, so
 * it reads the bytes itself and copies nothing.
 *
 * @throws HandshakeError `malformed` for anything else, and for missing or extra bytes
 */
export function readApplicationHeader(envelope: Uint8Array): ApplicationHeader {
  const isOurs =
    prefix.every((byte, at) => envelope[at] === byte) &&
    envelope[contentTypeAt] === applicationContent &&
    envelope[authenticatedDataAt] === 0 &&
    envelope[senderDataAt] === senderDataBytes &&
    endsWithVector(envelope, ciphertextAt)
  if (!isOurs) throw new HandshakeError('malformed', 'not an application message')
  const epoch = new DataView(envelope.buffer, envelope.byteOffset).getBigUint64(epochAt)
  if (epoch > Number.MAX_SAFE_INTEGER) throw new HandshakeError('malformed', 'epoch out of range')
  const group = parseGroupId(envelope.subarray(prefix.length, epochAt))
  // The cast holds: any whole number up to 2^53 is an epoch.
  return { ...group, epoch: Number(epoch) as Epoch }
}

/** Checks that one vector (RFC 9420 §2.1.2), its length in the shortest form, fills the rest. */
function endsWithVector(bytes: Uint8Array, at: number): boolean {
  const left = bytes.length - at
  const first = bytes[at] ?? 0xff
  if (first < 0x40) return left === 1 + first
  const length = ((first & 0x3f) << 8) | (bytes[at + 1] ?? 0)
  if (first < 0x80) return length >= 0x40 && left === 2 + length
  const long = length * 0x10000 + ((bytes[at + 2] ?? 0) << 8) + (bytes[at + 3] ?? 0)
  return first < 0xc0 && long >= 0x4000 && left === 4 + long
}
