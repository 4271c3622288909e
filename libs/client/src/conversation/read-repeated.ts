import type { LogEntry, MessageId } from '@fastchat/schema'
import { type Entry, getRecord, type OutboxRecord, parseRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import { bytesOf, opened } from './read-message.ts'
import { sentAt } from './read-own-message.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import { revokedOf } from './revocations.ts'

/**
 * Returns whether the same message of the same device is in the history, at a position that a
 * restored server has forgotten.
 */
export async function isInHistory({ store }: Context, { id, from }: LogEntry): Promise<boolean> {
  const place = await store.get('messageIds', id)
  const known = place && (await getRecord<Entry>(store, 'entries', parseRecord<string>(place)))
  return known?.device === from
}

/**
 * Reads a message that is in the history. It is decrypted only so that the sender's ratchet stays
 * in step.
 */
export async function readRepeated(
  context: Context,
  { record, group }: Snapshot,
  entry: LogEntry,
  outbox: ReadonlyMap<MessageId, OutboxRecord>,
): Promise<ReadResult> {
  const sent = outbox.get(entry.id)
  if (entry.from === context.identity.deviceId) return { record, group, entries: [], ...(sent && sentAt(sent, entry)) }
  if (!group || record.status !== 'active') return { record, group, entries: [] }
  const checks = { trust: context.pins.trust, departed: record.departed, revoked: revokedOf(record) }
  const read = await group.process(bytesOf(entry), checks, record.chain?.missing).catch(() => undefined)
  if (!read) return { record, group, entries: [] }
  const senderView = read.event.type === 'message' ? { senderView: opened(read.event).senderView } : {}
  return { record, group: read.group, entries: [], forget: read.forget, ...senderView }
}
