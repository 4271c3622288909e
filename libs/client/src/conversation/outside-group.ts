/** This file says how a device reads entries when it is outside their group or cannot follow it. */
import type { LogEntry } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import { groupNoOf } from './group-no-of.ts'
import type { Reading, View } from './reading.ts'

/**
 * Returns the reading of a message that this device should have been able to read. It adds a line
 * and is counted.
 */
export function unreadable({ record, group }: View, { conversation, seq, at, id }: LogEntry): Reading {
  return { record, group, entries: [{ conversation, seq, at, type: 'unreadable', id }], undecryptable: true }
}

/** Returns the reading of a message whose keys are behind a gap. It makes the gap longer. */
function gone({ record, group }: View, { conversation, seq, at }: LogEntry): Reading {
  return { record, group, entries: [{ conversation, seq, at, type: 'gap' }] }
}

/**
 * Reads an entry when this device has a leaf but no state. A welcome was missing or did not open,
 * or this device has lost its own commit.
 */
export function outside(context: Context, record: ConversationRecord, entry: LogEntry): Reading {
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
export function whileBroken(view: View, entry: LogEntry): Reading {
  const { brokenBy } = view.record
  const isOnlyUs = brokenBy === 'unreadable' || brokenBy === 'gap' || brokenBy === undefined
  // The message is behind a change under the former rules, which no device follows any more.
  if (brokenBy === 'upgrade' && entry.kind === 'application') return gone(view, entry)
  if (isOnlyUs && entry.kind === 'application') return brokenBy === 'gap' ? gone(view, entry) : unreadable(view, entry)
  if (entry.kind !== 'commit') return { ...view, entries: [] }
  if (isOnlyUs) return { ...view, entries: [], trouble: 'unreadable' }
  // The next group exists and no member has added this device, so it joins by itself.
  if (!view.group || groupNoOf(entry) <= view.group.groupNo) return { ...view, entries: [] }
  return { ...view, record: { ...view.record, brokenBy: 'unreadable' }, entries: [], trouble: 'unreadable' }
}

/**
 * Returns the reading of an entry that this device can never read. After a commit it has to join
 * the group again.
 */
export function stepOver(context: Context, view: View, entry: LogEntry): Reading {
  const { group } = view
  const record = { ...view.record, cursor: entry.seq as number }
  if (entry.seq <= record.joinedSeq) return { record, group, entries: [] }
  if (!group) return outside(context, record, entry)
  if (record.status === 'broken') return whileBroken({ record, group }, entry)
  if (entry.kind === 'application') return unreadable({ record, group }, entry)
  if (entry.kind !== 'commit') return { record, group, entries: [] }
  const broken = { status: 'broken' as const, brokenBy: 'unreadable' as const, brokenAt: entry.seq as number }
  return { record: { ...record, ...broken }, group, entries: [], trouble: 'unreadable' }
}
