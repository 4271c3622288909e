import type { Roster, UserId } from '@fastchat/schema'
import type { Leaf } from './commit-change.ts'
import type { CommitRefusal } from './commit-rules.ts'
import { isAdmin, ownerOf, roleOf, rosterAfterDepartures, sameRoster } from './roster.ts'

/** A change of a group's roster, and the leaves that are removed with it. */
export type RosterChange = {
  readonly before: Roster
  readonly after: Roster
  readonly departed: readonly UserId[]
  readonly committer: UserId
  /** The removed leaves, without those that anybody may remove. */
  readonly removed: readonly Leaf[]
}

/**
 * Rejects changes that an admin may not make. In a group with an owner, only the owner changes or
 * removes the owner and the admins. An admin may still step down. Where there is no owner, any
 * admin may do all of that, and may name the first owner.
 */
export function refusalOfAdmin({
  before,
  after,
  departed,
  committer,
  removed,
}: RosterChange): CommitRefusal | undefined {
  const owner = ownerOf(before)
  if (owner === undefined || owner === committer) return undefined
  const isProtected = (userId: UserId) => userId !== committer && roleOf(before, userId) !== 'member'
  if (removed.some(({ userId }) => isProtected(userId))) return 'owner_only'
  const base = rosterAfterDepartures(before, departed)
  return keepsLeaders(base, after, committer) && ownerOf(after) === ownerOf(base) ? undefined : 'owner_only'
}

/**
 * Says whether the owner and all admins of a roster have the same roles after a change by somebody
 * who is not the owner. Where there is no owner, and for the owner, it is true.
 */
export function keepsLeaders(before: Roster, after: Roster, by: UserId): boolean {
  const owner = ownerOf(before)
  if (owner === undefined || owner === by) return true
  return before.members.every(
    ({ userId, role }) => role === 'member' || userId === by || roleOf(after, userId) === role,
  )
}

/**
 * Says whether a user may remove another member. Admins may remove members; in a group with an
 * owner, only the owner removes admins.
 */
export function mayRemove(roster: Roster, { by, userId }: { readonly by: UserId; readonly userId: UserId }): boolean {
  if (roster.kind !== 'group' || by === userId || !isAdmin(roster, by)) return false
  const owner = ownerOf(roster)
  return owner === undefined || owner === by || roleOf(roster, userId) === 'member'
}

/** Rejects a roster with two owners, and one that has lost its owner. */
export function refusalOfOwner(before: Roster | undefined, { members }: Roster): CommitRefusal | undefined {
  const count = members.filter(({ role }) => role === 'owner').length
  const isLost = before !== undefined && ownerOf(before) !== undefined && count === 0
  return count > 1 || isLost ? 'one_owner' : undefined
}

/** Returns whether a change adds a user on the ban list, before or after the change. */
export function addsBanned(before: Roster, after: Roster): boolean {
  if (before === after || before.banned === undefined) return false
  const banned = new Set(before.banned)
  const known = new Set(before.members.map(({ userId }) => userId))
  return after.members.some(({ userId }) => banned.has(userId) && !known.has(userId))
}

/**
 * Says whether a commit only adds people as plain members, in a group where everybody may. It may
 * remove members who have left, and nothing else of the roster may change.
 */
export function isOpenAddition({
  before,
  after,
  departed,
}: Pick<RosterChange, 'before' | 'after' | 'departed'>): boolean {
  if (before.kind !== 'group' || before.policies?.add !== 'everybody') return false
  const base = rosterAfterDepartures(before, departed)
  const [kept, added] = [after.members.slice(0, base.members.length), after.members.slice(base.members.length)]
  return sameRoster({ ...after, members: kept }, base) && added.every(({ role }) => role === 'member')
}
