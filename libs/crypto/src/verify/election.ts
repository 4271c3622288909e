import type { Roster, UserId } from '@fastchat/schema'
import type { Leaf } from './commit-change.ts'
import { rosterAfterDepartures } from './roster.ts'
import type { Vote } from './vote.ts'

/** Returns the admins of a roster, with the owner: those whom an election removes. */
export const adminsOf = ({ members }: Roster): UserId[] =>
  members.filter(({ role }) => role !== 'member').map(({ userId }) => userId)

/** Returns the members who may vote: those who are no admins and have not left. */
export function electorateOf({ members }: Roster, departed: readonly UserId[]): UserId[] {
  return members
    .filter(({ userId, role }) => role === 'member' && !departed.includes(userId))
    .map(({ userId }) => userId)
}

/** Returns how many votes are more than half of the electorate. */
export const votesNeeded = (roster: Roster, departed: readonly UserId[]): number =>
  Math.floor(electorateOf(roster, departed).length / 2) + 1

/**
 * Returns the roster after an election: the admins are gone, and the longest member is admin. In a
 * group with an owner, that member is the owner.
 */
export const rosterAfterElection = (roster: Roster, departed: readonly UserId[]): Roster =>
  rosterAfterDepartures(roster, [...departed, ...adminsOf(roster)])

/**
 * Says whether the votes elect a new admin. The conversation must be a group, and more than half of
 * the electorate must have voted, each with a device that has a leaf. `applyCommit` checks the
 * signatures.
 */
export function isElected(
  { roster, leaves }: { readonly roster: Roster; readonly leaves: readonly Leaf[] },
  votes: readonly Vote[],
  departed: readonly UserId[],
): boolean {
  if (roster.kind !== 'group') return false
  const electorate = new Set(electorateOf(roster, departed))
  const hasLeaf = (vote: Vote) =>
    leaves.some(({ userId, deviceId }) => userId === vote.userId && deviceId === vote.deviceId)
  const voters = new Set(votes.filter(hasLeaf).map(({ userId }) => userId))
  const areEntitled = voters.size === votes.length && [...voters].every((userId) => electorate.has(userId))
  return areEntitled && voters.size >= votesNeeded(roster, departed)
}
