import type { Group } from '@fastchat/crypto'
import type { LogEntry } from '@fastchat/schema'
import type { ConversationRecord, Entry, SystemEvent } from '../store/records.ts'
import type { Context } from './context.ts'
import { envelopeOf } from './envelope-of.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import { claimedOf, revocationIn, withRevoked } from './revocations.ts'

/**
 * Reads a revocation that an account key signed. An invalid one raises an alarm and changes
 * nothing.
 */
export async function readRevocation(
  context: Context,
  { record, group }: Snapshot & { group: Group },
  entry: LogEntry,
): Promise<ReadResult> {
  const { conversation, seq, at } = entry
  const envelope = envelopeOf(entry)
  const statement = typeof envelope === 'string' ? new Uint8Array() : envelope
  const leaves = group.members()
  const found = await revocationIn(statement, leaves, context)
  if (!found) {
    const from = await claimedOf(statement, leaves)
    const event: SystemEvent = { kind: 'trouble', code: 'unproven_revocation' }
    const line: Entry = { conversation, seq, at, type: 'system', event, ...(from && { from }) }
    return { record, group, entries: [line], alarms: [line] }
  }
  const { userId, deviceId } = found
  if (record.revoked?.includes(deviceId)) return { record, group, entries: [] }
  const event: SystemEvent = { kind: 'revoked', users: [userId] }
  const entries: Entry[] = [{ conversation, seq, at, type: 'system', from: userId, device: deviceId, event }]
  const after = withRevoked(record, [deviceId])
  // This device itself is revoked. The following entries are not for it.
  if (deviceId === context.identity.deviceId) return { record: endedBy(after), group: undefined, isOut: true, entries }
  return { record: after, group, entries }
}

/** Returns the record of a conversation that this device has left permanently. */
export const endedBy = (record: ConversationRecord): ConversationRecord => ({
  ...record,
  status: record.status === 'left' ? 'left' : 'removed',
})
