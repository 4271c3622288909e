import type { Group } from '@fastchat/crypto'
import { type Leaf, sameRoster } from '@fastchat/crypto/verify'
import { type LogEntry, type Roster, toBase64Url } from '@fastchat/schema'
import { withRoster } from '../groups/roster-of-record.ts'
import type { Entry, SystemEvent } from '../store/records.ts'
import { describeChange } from './describe-change.ts'
import { electionIn } from './election.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import { withoutRemoved } from './revocations.ts'

/**
 * Returns the result of a lawful commit. `roster` is the roster after it: the group of a removed
 * device has none.
 */
export function changed(
  before: Roster,
  after: Snapshot & { group: Group },
  roster: Roster,
  entry: LogEntry,
  committer: Pick<Leaf, 'userId' | 'deviceId'>,
): ReadResult {
  const { conversation, seq, at } = entry
  const { departed: leavers } = after.record
  const election = electionIn(before, roster, leavers, committer.userId)
  const events = election ? [election] : describeChange(before, roster, leavers)
  const entries = events.map(
    (event): Entry => ({
      ...{ conversation, seq, at, type: 'system', event },
      ...{ from: committer.userId, device: committer.deviceId },
    }),
  )
  const departed = after.record.departed.filter((userId) => roster.members.some((member) => member.userId === userId))
  const { groupNo, epoch, isMember } = after.group
  // For a removed member the lawful state is at the epoch that the removal began, which this device
  // did not enter.
  const lawful = isMember ? { groupNo, epoch } : { groupNo, epoch: epoch + 1, isOver: true as const }
  const settled = isMember ? withoutRemoved(after.record, after.group.members()) : after.record
  const { votes: _, ...unvoted } = settled
  const kept = sameRoster(before, roster) ? settled : unvoted
  const record = { ...withRoster(kept, roster), departed, lawful }
  if (isMember) return { record, group: after.group, entries }
  const status = record.status === 'left' ? 'left' : 'removed'
  return { record: { ...record, status }, group: undefined, entries, isOut: true }
}

/**
 * Returns a line for each new device of a member: the user's first one here, or a further one. A
 * device that returns gets no line.
 */
export function arrivals(
  before: readonly Leaf[],
  fresh: readonly Leaf[],
  base: Pick<Entry, 'conversation' | 'seq' | 'at'>,
): Entry[] {
  return fresh.map(({ userId, deviceId }) => {
    const kind = before.some((leaf) => leaf.userId === userId) ? 'device' : 'joined'
    return { ...base, type: 'system', from: userId, device: deviceId, event: { kind } }
  })
}

/**
 * Returns a line when the group info of a commit would mislead newcomers. Its external key, which
 * only members can check, is not the group's, or the server names another state than the commit
 * makes.
 */
export async function misleadingIn(
  group: Group,
  entry: LogEntry,
  { userId, deviceId }: Leaf,
): Promise<Entry | undefined> {
  if (!group.isMember || entry.externalPub === undefined || entry.contextHash === undefined) return undefined
  const isRight =
    entry.externalPub === toBase64Url(await group.externalPub()) && entry.contextHash === toBase64Url(group.contextHash)
  if (isRight) return undefined
  const { conversation, seq, at } = entry
  const event: SystemEvent = { kind: 'trouble', code: 'bad_group_info' }
  return { conversation, seq, at, type: 'system', from: userId, device: deviceId, event }
}
