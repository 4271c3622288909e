/** This file says how a device reads entries when it is outside their group or cannot follow it. */
import type { LogEntry } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import { groupNoOf } from './group-no-of.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

/**
 * Returns the result of a message that this device should have been able to read. It adds a line
 * and is counted.
 */
export function unreadable({ record, group }: Snapshot, { conversation, seq, at, id }: LogEntry): ReadResult {
  return { record, group, entries: [{ conversation, seq, at, type: 'unreadable', id }], undecryptable: true }
}

/** Returns the result of a message whose keys are behind a gap. It makes the gap longer. */
function gone({ record, group }: Snapshot, { conversation, seq, at }: LogEntry): ReadResult {
  return { record, group, entries: [{ conversation, seq, at, type: 'gap' }] }
}

/**
 * Reads an entry when this device has a leaf but no state. A welcome was missing or did not open,
 * or this device has lost its own commit.
 */
export function outside(context: Context, record: ConversationRecord, entry: LogEntry): ReadResult {
  if (entry.kind === 'application') return unreadable({ record, group: undefined }, entry)
  if (entry.kind !== 'commit' || entry.from !== context.identity.deviceId)
    return { record, group: undefined, entries: [] }
  const broken = { ...record, status: 'broken' as const, brokenBy: 'unreadable' as const }
  return { record: broken, group: undefined, entries: [], trouble: 'unreadable' }
}

/**
 * Reads an entry while the group is broken. After a broken rule no honest message follows. When
 * only this device can't follow, the others continue: their messages are lost to it, and after each
 * commit it may be able to join again.
 */
export function whileBroken(snapshot: Snapshot, entry: LogEntry): ReadResult {
  const { brokenBy } = snapshot.record
  const isOnlyUs = brokenBy === 'unreadable' || brokenBy === 'gap' || brokenBy === undefined
  // The message is behind a change under the former rules, which no device follows any more.
  if (brokenBy === 'upgrade' && entry.kind === 'application') return gone(snapshot, entry)
  if (isOnlyUs && entry.kind === 'application')
    return brokenBy === 'gap' ? gone(snapshot, entry) : unreadable(snapshot, entry)
  if (entry.kind !== 'commit') return { ...snapshot, entries: [] }
  if (isOnlyUs) return { ...snapshot, entries: [], trouble: 'unreadable' }
  // The next group exists and no member has added this device, so it joins by itself.
  if (!snapshot.group || groupNoOf(entry) <= snapshot.group.groupNo) return { ...snapshot, entries: [] }
  return { ...snapshot, record: { ...snapshot.record, brokenBy: 'unreadable' }, entries: [], trouble: 'unreadable' }
}

/**
 * Returns the result of an entry that this device can never read. After a commit it has to join
 * the group again.
 */
export function stepOver(context: Context, snapshot: Snapshot, entry: LogEntry): ReadResult {
  const { group } = snapshot
  const record = { ...snapshot.record, cursor: entry.seq as number }
  if (entry.seq <= record.joinedSeq) return { record, group, entries: [] }
  if (!group) return outside(context, record, entry)
  if (record.status === 'broken') return whileBroken({ record, group }, entry)
  if (entry.kind === 'application') return unreadable({ record, group }, entry)
  if (entry.kind !== 'commit') return { record, group, entries: [] }
  const broken = { status: 'broken' as const, brokenBy: 'unreadable' as const, brokenAt: entry.seq as number }
  return { record: { ...record, ...broken }, group, entries: [], trouble: 'unreadable' }
}
