/** What entries of the log mean to a device that is outside their group, or cannot follow it. */
import type { LogEntry } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import { groupNoOf } from './group-no-of.ts'
import type { Reading, View } from './reading.ts'

/** A message that this device should have been able to read: said, counted, stepped over. */
export function unreadable({ record, group }: View, { conversation, seq, at, id }: LogEntry): Reading {
  return { record, group, entries: [{ conversation, seq, at, type: 'unreadable', id }], undecryptable: true }
}

/** What it takes to read this message is gone from the server with what came before: the gap is that much longer. */
function gone({ record, group }: View, { conversation, seq, at }: LogEntry): Reading {
  return { record, group, entries: [{ conversation, seq, at, type: 'gap' }] }
}

/** We have a leaf here and no state: a welcome could not be had or opened, or a commit of ours is not remembered. */
export function outside(context: Context, record: ConversationRecord, entry: LogEntry): Reading {
  if (entry.kind === 'application') return unreadable({ record, group: undefined }, entry)
  if (entry.kind !== 'commit' || entry.from !== context.identity.deviceId)
    return { record, group: undefined, entries: [] }
  const broken = { ...record, status: 'broken' as const, brokenBy: 'unreadable' as const }
  return { record: broken, group: undefined, entries: [], trouble: 'unreadable' }
}

/**
 * Where the rules were broken no honest message follows. Where only this device can't follow, the others talk on: what
 * they say is lost to it, and each commit may be the one after which it can get in again.
 */
export function whileBroken(view: View, entry: LogEntry): Reading {
  const { brokenBy } = view.record
  const isOnlyUs = brokenBy === 'unreadable' || brokenBy === 'gap' || brokenBy === undefined
  // Behind a change under the rules before, which nobody follows any more.
  if (brokenBy === 'upgrade' && entry.kind === 'application') return gone(view, entry)
  if (isOnlyUs && entry.kind === 'application') return brokenBy === 'gap' ? gone(view, entry) : unreadable(view, entry)
  if (entry.kind !== 'commit') return { ...view, entries: [] }
  if (isOnlyUs) return { ...view, entries: [], trouble: 'unreadable' }
  // The next group is there, and nobody has let this device in: it joins by itself.
  if (!view.group || groupNoOf(entry) <= view.group.groupNo) return { ...view, entries: [] }
  return { ...view, record: { ...view.record, brokenBy: 'unreadable' }, entries: [], trouble: 'unreadable' }
}

/** An entry that this device will never read, whatever it holds: after a commit the group is entered anew. */
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
