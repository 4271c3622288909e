import { Group } from '@fastchat/crypto'
import { sameRoster } from '@fastchat/crypto/verify'
import { fromBase64Url, type LogEntry } from '@fastchat/schema'
import { rosterOfRecord, withRoster } from '../groups/roster-of-record.ts'
import type { ConversationRecord, Entry, IntentRecord } from '../store/records.ts'
import { attributed } from './attributed.ts'
import type { Context } from './context.ts'
import { describeChange } from './describe-change.ts'
import { lastSeen } from './last-seen.ts'
import { changed } from './read-commit.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import { withoutRemoved, withRevoked } from './revocations.ts'

/**
 * Adopts this device's own commit. The server took it, so the pending state becomes the state (RFC
 * 9420 §14).
 */
export async function adopt(
  context: Context,
  snapshot: Snapshot,
  entry: LogEntry,
  attempt: NonNullable<IntentRecord['attempt']>,
): Promise<ReadResult> {
  const group = Group.decode(fromBase64Url(attempt.pending), context.identity)
  const record = { ...snapshot.record, cursor: entry.seq }
  const isSame =
    snapshot.group !== undefined && snapshot.record.status === 'active' && snapshot.group.groupNo === group.groupNo
  if (isSame && snapshot.group) {
    const result = changed(snapshot.group.roster, { record, group }, group.roster, entry, context.identity)
    return { ...result, ...attributed(result.entries, context.identity, entry), adopted: entry.id }
  }
  const { conversation, seq, at } = entry
  const kind = attempt.epoch === 0 ? (group.groupNo === 1 ? 'created' : 'restarted') : 'joined'
  const entered = withMembers(record, group)
  // A join from outside removes no one: members who had left are still to be removed.
  const left = kind === 'joined' ? [...record.departed, ...(attempt.departed ?? [])] : []
  const departed = [...new Set(left)].filter((userId) => entered.members.some((member) => member.userId === userId))
  const { enteredFrom, revoked = [] } = attempt
  const line: Entry = { conversation, seq, at, type: 'system', from: context.identity.userId, event: { kind } }
  return {
    record: {
      ...{ ...(kind === 'joined' ? withRevoked(entered, revoked) : entered), status: 'active', joinedSeq: entry.seq },
      departed,
      ...(kind === 'joined' && enteredFrom && { enteredFrom }),
    },
    group,
    entries: [line, ...differences(lastSeen(context, snapshot), group, line)],
    adopted: entry.id,
  }
}

/** Returns the record of a conversation whose group was just entered. */
export function withMembers(record: ConversationRecord, group: Group): ConversationRecord {
  const { brokenBy: _, brokenAt: __, enteredFrom: ___, votes, revoked, revokedOut, ...kept } = record
  const { roster, groupNo, epoch } = group
  // The revocations belong to another group. After a restore the server may have forgotten them.
  const known = record.groupNo === groupNo ? { ...(revoked && { revoked }), ...(revokedOut && { revokedOut }) } : {}
  const isSameRoster = sameRoster(rosterOfRecord(record), roster)
  const counted = record.groupNo === groupNo && isSameRoster && votes ? { votes } : {}
  const entered = {
    ...kept,
    ...known,
    ...counted,
    kind: roster.kind,
    groupNo,
    lawful: { groupNo, epoch },
  }
  return withoutRemoved(withRoster(entered, roster), group.members())
}

/**
 * Returns a line for each difference between the group that was entered and the conversation as
 * this person last saw it. "Joined" alone would hide those differences.
 */
export function differences({ record, group: former }: Snapshot, group: Group, line: Entry): Entry[] {
  if (!former && !record.lawful) return []
  const isMe = (userId: string) =>
    !group.members().every((member) => member.userId !== userId || member.leafIndex !== group.ownLeafIndex)
  const before = former?.roster ?? rosterOfRecord(record)
  const { from: _, device: __, ...base } = line
  return describeChange(before, group.roster, record.departed).flatMap((event): Entry[] => {
    if (event.kind !== 'added') return [{ ...base, event }]
    const users = event.users.filter((userId) => !isMe(userId))
    return users.length > 0 ? [{ ...base, event: { ...event, users } }] : []
  })
}
