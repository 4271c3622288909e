import type { Roster, UserId } from '@fastchat/schema'
import type { Leaf } from './commit-change.ts'
import { ownerOf, roleOf, rosterAfterDepartures } from './roster.ts'
import type { Vote } from './vote.ts'

/**
 * The office that an election fills. Members replace all admins, when none of them has an account.
 * Admins replace the owner, when the owner has no account.
 */
export type Office = 'admins' | 'owner'

/** Returns the office about which a user votes. The owner votes about none. */
export function officeFor(roster: Roster, userId: UserId): Office | undefined {
  const role = roleOf(roster, userId)
  if (role === 'member') return 'admins'
  return role === 'admin' && ownerOf(roster) !== undefined ? 'owner' : undefined
}

/** Returns the admins of a roster, with the owner. */
export const adminsOf = ({ members }: Roster): UserId[] =>
  members.filter(({ role }) => role !== 'member').map(({ userId }) => userId)

/** Returns the members whom an election removes. */
export function holdersOf(roster: Roster, office: Office): UserId[] {
  return office === 'admins' ? adminsOf(roster) : [ownerOf(roster)].filter((userId) => userId !== undefined)
}

/**
 * Returns the members who may vote about an office and have not left: the admins about the owner,
 * and the other members about the admins.
 */
export function electorateOf(roster: Roster, departed: readonly UserId[], office: Office): UserId[] {
  return roster.members
    .filter(({ userId }) => officeFor(roster, userId) === office && !departed.includes(userId))
    .map(({ userId }) => userId)
}

/** Returns how many votes are more than half of the electorate. */
export const votesNeeded = (roster: Roster, departed: readonly UserId[], office: Office): number =>
  Math.floor(electorateOf(roster, departed, office).length / 2) + 1

/**
 * Returns the roster after an election. The holders of the office are gone. Instead of the admins
 * the longest member is admin, or owner in a group with an owner. Instead of the owner the longest
 * admin is owner.
 */
export const rosterAfterElection = (roster: Roster, departed: readonly UserId[], office: Office): Roster =>
  rosterAfterDepartures(roster, [...departed, ...holdersOf(roster, office)])

/** Returns the office that the votes of a commit are about. All votes must be about one. */
export function officeOf(roster: Roster, [first]: readonly Vote[]): Office | undefined {
  return first && officeFor(roster, first.userId)
}

/**
 * Says whether the votes elect. The conversation must be a group, and more than half of the
 * electorate must have voted, each with a device that has a leaf. `applyCommit` checks the
 * signatures.
 */
export function isElected(
  { roster, leaves }: { readonly roster: Roster; readonly leaves: readonly Leaf[] },
  votes: readonly Vote[],
  departed: readonly UserId[],
): boolean {
  const office = officeOf(roster, votes)
  if (roster.kind !== 'group' || office === undefined) return false
  const electorate = new Set(electorateOf(roster, departed, office))
  const hasLeaf = (vote: Vote) =>
    leaves.some(({ userId, deviceId }) => userId === vote.userId && deviceId === vote.deviceId)
  const voters = new Set(votes.filter(hasLeaf).map(({ userId }) => userId))
  const areEntitled = voters.size === votes.length && [...voters].every((userId) => electorate.has(userId))
  return areEntitled && voters.size >= votesNeeded(roster, departed, office)
}
