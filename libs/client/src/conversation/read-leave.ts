import type { Group } from '@fastchat/crypto'
import { verifyLeave } from '@fastchat/crypto/verify'
import { fromBase64Url, type LogEntry } from '@fastchat/schema'
import type { Context } from './context.ts'
import type { Reading, View } from './read-entry.ts'

/** Somebody's signed word that they leave; one that is not theirs, or not for this group, says nothing. */
export async function readLeave(
  context: Context,
  { record, group }: View & { group: Group },
  entry: LogEntry,
): Promise<Reading> {
  const leaf = group.members().find(({ deviceId }) => deviceId === entry.from)
  const { conversation, seq, at } = entry
  if (!leaf) return { record, group, entries: [] }
  const leave = await readStatement(entry, leaf.signatureKey).catch(() => undefined)
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
    entries: [
      { conversation, seq, at, type: 'system', from: leave.userId, event: { kind: 'left', users: [leave.userId] } },
    ],
  }
}

async function readStatement({ envelope = '' }: LogEntry, signatureKey: Uint8Array) {
  return await verifyLeave(fromBase64Url(envelope), signatureKey)
}
