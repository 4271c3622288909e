import type { Group } from '@fastchat/crypto'
import { readLeave as readClaims, verifyLeave } from '@fastchat/crypto/verify'
import { fromBase64Url, type LogEntry } from '@fastchat/schema'
import { attributed } from './attributed.ts'
import type { Context } from './context.ts'
import type { Reading, View } from './read-entry.ts'

/** Somebody's signed word that they leave; one that is not theirs, or not for this group, says nothing. */
export async function readLeave(
  context: Context,
  { record, group }: View & { group: Group },
  entry: LogEntry,
): Promise<Reading> {
  const leave = await readStatement(group, entry).catch(() => undefined)
  const leaf = group.members().find(({ deviceId }) => deviceId === leave?.deviceId)
  const { conversation, seq, at } = entry
  if (!leaf) return { record, group, entries: [] }
  if (leave?.conversation !== conversation || leave.groupNo !== group.groupNo || leave.userId !== leaf.userId) {
    return { record, group, entries: [] }
  }
  const isMe = leave.userId === context.identity.userId
  return {
    record: {
      ...record,
      departed: [...new Set([...record.departed, leave.userId])],
      ...(isMe && { status: 'left' as const }),
    },
    group,
    ...attributed(
      [{ conversation, seq, at, type: 'system', from: leave.userId, event: { kind: 'left', users: [leave.userId] } }],
      leave,
      entry,
    ),
  }
}

/** Signed by the device that it names, whichever device it is delivered under. */
async function readStatement(group: Group, { envelope = '' }: LogEntry) {
  const statement = fromBase64Url(envelope)
  const { deviceId } = readClaims(statement)
  const leaf = group.members().find((member) => member.deviceId === deviceId)
  return leaf && (await verifyLeave(statement, leaf.signatureKey))
}
