import { CannotProcess, type Group } from '@fastchat/crypto'
import type { LogEntry } from '@fastchat/schema'
import type { Entry, OutboxRecord, SystemEvent } from '../store/records.ts'
import { misdelivered } from './attributed.ts'
import type { Context } from './context.ts'
import { unreadable } from './outside-group.ts'
import { bytesOf } from './read-message.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import { revokedOf } from './revocations.ts'

export const ownEntry = (context: Context, sent: OutboxRecord, { conversation, seq, at, id }: LogEntry): Entry => ({
  type: 'message',
  conversation,
  seq,
  at,
  id,
  from: context.identity.userId,
  device: context.identity.deviceId,
  payload: sent.payload,
})

export const sentAt = ({ stored }: OutboxRecord, { id, seq, at }: LogEntry): Pick<ReadResult, 'sent' | 'ackedSeq'> => ({
  sent: { id, seq, at },
  ...(stored && { ackedSeq: stored.seq }),
})

/**
 * Reads a message that is delivered as one of this device, but is not in its outbox. Another device
 * may have written it.
 */
export async function readForeign(
  context: Context,
  { record, group }: Snapshot & { group: Group },
  entry: LogEntry,
): Promise<ReadResult> {
  const checks = { trust: context.pins.trust, departed: record.departed, revoked: revokedOf(record) }
  try {
    const read = await group.process(bytesOf(entry), checks, record.chain?.missing)
    return { ...misdelivered({ record, group: read.group }, entry), forget: read.forget }
  } catch (error) {
    const isOurs = error instanceof CannotProcess && error.code === 'own'
    return isOurs ? forgotten({ record, group }, entry) : unreadable({ record, group }, entry)
  }
}

/**
 * Returns the result of this device's own message that it does not know. Its files are older than
 * they were, so its ratchet may have run back. It encrypts nothing more in this epoch: two messages
 * could share a key, and the second one would be unreadable.
 */
function forgotten({ record, group }: Snapshot & { group: Group }, { conversation, seq, at }: LogEntry): ReadResult {
  const { groupNo, epoch } = group
  const isKnown = record.runBack?.groupNo === groupNo && record.runBack.epoch === epoch
  const event: SystemEvent = { kind: 'trouble', code: 'home_restored' }
  const line: Entry = { conversation, seq, at, type: 'system', event }
  return {
    ...{ record: { ...record, runBack: { groupNo, epoch } }, group, hasRunBack: true },
    entries: isKnown ? [] : [line],
  }
}
