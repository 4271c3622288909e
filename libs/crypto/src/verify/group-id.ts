import type { ConversationId, GroupNo } from '@fastchat/schema'
import { HandshakeError } from './handshake-error.ts'

/** The 16 bytes of the conversation's UUID and the group number in 4 bytes, big endian. */
export const groupIdBytes = 20

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Returns the MLS group_id of a conversation's `groupNo`-th group. */
export function groupIdOf(conversation: ConversationId, groupNo: GroupNo): Uint8Array {
  const id = new Uint8Array(groupIdBytes)
  const digits = conversation.replaceAll('-', '')
  for (let at = 0; at < 16; at++) id[at] = Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16)
  new DataView(id.buffer).setUint32(16, groupNo)
  return id
}

/** @throws HandshakeError `malformed` unless `groupIdOf` makes this id */
export function parseGroupId(id: Uint8Array): { conversation: ConversationId; groupNo: GroupNo } {
  // This checks the whole id.
  const groupNo = groupNoIn(id)
  let text = ''
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += '-'
    text += hex[id[at] ?? 0]
  }
  // The cast holds: the check above makes it a UUID in lower case.
  return { conversation: text as ConversationId, groupNo }
}

/** Returns only the group number, which costs less. @throws HandshakeError like `parseGroupId` */
export function groupNoIn(id: Uint8Array): GroupNo {
  if (id.length !== groupIdBytes) throw new HandshakeError('malformed', 'group id of another length')
  const groupNo = new DataView(id.buffer, id.byteOffset).getUint32(16)
  if (groupNo === 0 || !isUuid(id)) throw new HandshakeError('malformed', 'group id names no conversation')
  // The cast holds: a group number is any whole number from 1.
  return groupNo as GroupNo
}

/** Checks for version 1 to 8 and the common variant (RFC 9562 §4), as the schema of ids does. */
function isUuid(id: Uint8Array): boolean {
  const version = (id[6] ?? 0) >> 4
  return version >= 1 && version <= 8 && (id[8] ?? 0) >> 6 === 0b10
}
