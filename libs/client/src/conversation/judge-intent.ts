import type { UserId } from '@fastchat/schema'
import { ServerError } from '../errors.ts'
import type { MembershipChange } from '../store/records.ts'
import type { Attempt } from './attempt.ts'
import { isElectionDue } from './election.ts'
import type { Snapshot } from './read-result.ts'

/**
 * Returns whether an attempt was made for the present state of the group. An attempt for another
 * epoch can never win, or it has won and was adopted.
 */
export function isCurrent(attempt: Attempt, { record, group }: Snapshot, { kind }: MembershipChange): boolean {
  if (kind === 'create') return record.status === 'new'
  if (kind === 'restart') return attempt.groupNo > record.groupNo
  return kind === 'join' || (group?.groupNo === attempt.groupNo && group.epoch === attempt.epoch)
}

/**
 * Returns whether a change is no longer needed: another device created or restarted the group, or a
 * welcome brought this device in.
 */
export function isMoot(change: MembershipChange, { record, group }: Snapshot, me: UserId): boolean {
  const { kind } = change
  if (change.kind === 'update') return group?.groupNo !== change.groupNo || group.epoch !== change.epoch
  if (kind === 'create') return record.status !== 'new'
  if (kind === 'elect') return !isElectionDue(record, me)
  if (kind === 'join') return record.status === 'active' || record.status === 'left'
  return kind === 'restart' && record.status !== 'broken'
}

/**
 * Returns whether a change names a user who has left and whose leaves are still in the group. A
 * separate commit removes those leaves first, because one commit can't remove a user and add them.
 * A user who is added again gets new leaves and no special role.
 */
export function isAboutDeparted(change: MembershipChange, { record: { departed } }: Snapshot): boolean {
  if (change.kind === 'role') return departed.includes(change.userId)
  if (change.kind !== 'add' && change.kind !== 'remove') return false
  return change.userIds.some((userId) => departed.includes(userId))
}

/** Returns whether a change has to wait until this device is in a group that can continue. */
export function mustWait({ kind }: MembershipChange, { record }: Snapshot): boolean {
  const isChange = kind !== 'create' && kind !== 'join' && kind !== 'restart'
  return isChange && (record.status === 'broken' || record.status === 'joining')
}

/**
 * Returns whether a rejection says only that another device was faster: the wanted group exists.
 */
export const isDoneByAnother = ({ kind }: MembershipChange, error: unknown): boolean =>
  (kind === 'create' || kind === 'restart') && error instanceof ServerError && error.code === 'group_exists'
