import { type Roster, RosterSchema, type UserId } from '@fastchat/schema'
import { HandshakeError } from './handshake-error.ts'
import { encodeJson, readCanonicalJson } from './json-statement.ts'

/** The GroupContext extension of the roster, from the range for private use (RFC 9420 §17.3). */
export const rosterExtensionType = 0xf0c1

/** Encodes canonical UTF-8 JSON: fixed key order, members in the order in which they joined. */
export function encodeRoster(roster: Roster): Uint8Array {
  return encodeJson({
    kind: roster.kind,
    members: roster.members.map(({ userId, role }) => ({ userId, role })),
  })
}

/**
 * @throws HandshakeError `malformed` unless it is a roster in canonical form that fits the schema
 *   (at most `maxMembers`), with each user once
 */
export function decodeRoster(bytes: Uint8Array): Roster {
  const roster = readCanonicalJson(bytes, RosterSchema, encodeRoster)
  if (new Set(roster.members.map((member) => member.userId)).size !== roster.members.length)
    throw new HandshakeError('malformed', 'a user twice in the roster')
  return roster
}

export function sameRoster(a: Roster, b: Roster): boolean {
  if (a === b) return true
  return (
    a.kind === b.kind &&
    a.members.length === b.members.length &&
    a.members.every((member, at) => member.userId === b.members[at]?.userId && member.role === b.members[at]?.role)
  )
}

/**
 * Checks that the members who stay come first and in their former order. So members are listed in
 * the order in which they joined. Members of one commit are in the order that their admin chose.
 */
export function keepsOrder(before: Roster, after: Roster): boolean {
  if (before === after) return true
  const remaining = new Set(after.members.map(({ userId }) => userId))
  const staying = before.members.filter(({ userId }) => remaining.has(userId))
  return staying.every(({ userId }, at) => after.members[at]?.userId === userId)
}

/**
 * Checks that a roster has no member and no higher role that `most` does not have. An admin can
 * reach it by removals alone, in any order. A direct chat keeps its people.
 */
export function isWithin(roster: Roster, most: Roster): boolean {
  const roleOf = new Map(most.members.map(({ userId, role }) => [userId, role]))
  return (
    roster.kind === most.kind &&
    (roster.kind === 'group' || roster.members.length === most.members.length) &&
    roster.members.every(({ userId, role }) => {
      const before = roleOf.get(userId)
      return before === role || before === 'admin'
    })
  )
}

export const isAdmin = (roster: Roster, userId: UserId): boolean =>
  roster.members.some((member) => member.userId === userId && member.role === 'admin')

/**
 * Returns the roster without the members in `departed`. A non-admin's commit that removes them must
 * carry exactly this roster. A direct chat keeps its two people. When no admin would remain (two
 * admins left at once, or an account was deleted), the first member becomes admin, so that every
 * group has one. Members are in the order in which they joined, so the first is the oldest.
 */
export function rosterAfterDepartures(roster: Roster, departed: readonly UserId[]): Roster {
  if (roster.kind === 'direct') return roster
  const members = roster.members.filter((member) => !departed.includes(member.userId))
  if (members.length === roster.members.length || members.some((member) => member.role === 'admin'))
    return { ...roster, members }
  return { ...roster, members: members.map((member, at) => (at === 0 ? { ...member, role: 'admin' } : member)) }
}
