import { randomBytes } from 'node:crypto'
import { groupIdOf, readApplicationHeader } from '@fastchat/crypto/verify'
import type { ConversationId, GroupNo } from '@fastchat/schema'
import { seededEpoch, seededGroupNo } from '@fastchat/tests/seed'

/** What 200 bytes of text become, padded, encrypted and signed. */
export const envelopeBytes = 334
/** Up to the sender data; as `readApplicationHeader` says. */
const applicationContent = 1
const senderDataBytes = 28
const lengthBytes = 2

/** An application message as a pod sees it: a true header, then bytes that nobody can read, here random ones. */
export function opaqueEnvelope(conversation: ConversationId): Buffer {
  const epoch = Buffer.alloc(8)
  epoch.writeBigUInt64BE(BigInt(seededEpoch))
  // Any whole number from 1 is a group number.
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
  length.writeUInt16BE(0x4000 | ciphertext.length) // a vector's length in two bytes (RFC 9420 §2.1.2)
  const envelope = Buffer.concat([header, length, ciphertext])
  readApplicationHeader(envelope) // throws if a pod would refuse it
  return envelope
}
