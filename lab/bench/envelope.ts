import { randomBytes } from 'node:crypto'
import { groupIdOf, readApplicationHeader } from '@fastchat/crypto/verify'
import type { ConversationId, GroupNo } from '@fastchat/schema'
import { seededEpoch, seededGroupNo } from '@fastchat/tests/seed'

/** The length of 200 bytes of text after padding, encryption and signature. */
export const envelopeBytes = 334
/**
 * The content type and lengths of the header, up to the sender data, as `readApplicationHeader`
 * reads them.
 */
const applicationContent = 1
const senderDataBytes = 28
const lengthBytes = 2

/**
 * Returns an application message as a pod sees it: a valid header, then random bytes in place of
 * the ciphertext.
 */
export function opaqueEnvelope(conversation: ConversationId): Buffer {
  const epoch = Buffer.alloc(8)
  epoch.writeBigUInt64BE(BigInt(seededEpoch))
  // The group number is a whole number of at least 1.
  const groupId = groupIdOf(conversation, seededGroupNo as GroupNo)
  const header = Buffer.concat([
    Buffer.from([0, 1, 0, 2, groupId.length]),
    groupId,
    epoch,
    Buffer.from([applicationContent, 0, senderDataBytes]),
    randomBytes(senderDataBytes),
  ])
  const ciphertext = randomBytes(envelopeBytes - header.length - lengthBytes)
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt16BE(0x4000 | ciphertext.length) // the length of a vector, in two bytes (RFC 9420 §2.1.2)
  const envelope = Buffer.concat([header, length, ciphertext])
  readApplicationHeader(envelope) // throws if a pod would reject it
  return envelope
}
