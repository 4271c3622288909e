import { ServerError } from '../errors.ts'
import type { MembershipChange } from '../store/records.ts'
import type { Attempt } from './build-attempt.ts'
import type { View } from './reading.ts'

/** Whether an attempt was made for the group as it stands: for another epoch it can never win, or has won and was adopted. */
export function isCurrent(attempt: Attempt, { record, group }: View, { kind }: MembershipChange): boolean {
  if (kind === 'create') return record.status === 'new'
  if (kind === 'restart') return attempt.groupNo > record.groupNo
  return kind === 'join' || (group?.groupNo === attempt.groupNo && group.epoch === attempt.epoch)
}

/** Whether a change has been overtaken: somebody else created or restarted the group, or a welcome brought us in. */
export function isMoot(change: MembershipChange, { record, group }: View): boolean {
  const { kind } = change
  if (change.kind === 'update') return group?.groupNo !== change.groupNo || group.epoch !== change.epoch
  if (kind === 'create') return record.status !== 'new'
  if (kind === 'join') return record.status === 'active' || record.status === 'left'
  return kind === 'restart' && record.status !== 'broken'
}

/**
 * Whether a change names somebody who has left and whose leaves are still in the group. Those leaves go in a commit of their own first:
 * one commit can't remove a person and add them, and a person who is added again is a new member in every way.
 */
export function isAboutDeparted(change: MembershipChange, { record: { departed } }: View): boolean {
  if (change.kind === 'role') return departed.includes(change.userId)
  if (change.kind !== 'add' && change.kind !== 'remove') return false
  return change.userIds.some((userId) => departed.includes(userId))
}

/** Whether a change of a group has to wait until this device is in one that goes on. */
export function mustWait({ kind }: MembershipChange, { record }: View): boolean {
  const isChange = kind !== 'create' && kind !== 'join' && kind !== 'restart'
  return isChange && (record.status === 'broken' || record.status === 'joining')
}

/** A refusal that says no more than that somebody was faster: who wanted the group has it. */
export const isDoneByAnother = ({ kind }: MembershipChange, error: unknown): boolean =>
  (kind === 'create' || kind === 'restart') && error instanceof ServerError && error.code === 'group_exists'
