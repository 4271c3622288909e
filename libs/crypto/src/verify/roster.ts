import { type Roster, RosterSchema, type UserId } from '@fastchat/schema'
import { HandshakeError } from './handshake-error.ts'
import { encodeJson, readCanonicalJson } from './json-statement.ts'

/** GroupContext extension that holds the roster; from the range for private use (RFC 9420 §17.3). */
export const rosterExtensionType = 0xf0c1

/** Canonical UTF-8 JSON: fixed key order, members in the order of the roster: the one in which they came. */
export function encodeRoster(roster: Roster): Uint8Array {
  return encodeJson({
    kind: roster.kind,
    members: roster.members.map(({ userId, role }) => ({ userId, role })),
  })
}

/**
 * @throws HandshakeError `malformed` unless it is a roster in canonical form: the schema holds (at most `maxMembers`),
 *   members are unique.
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
 * Whether those who stay come first and in the order in which they stood. So members stand in the order in which they came, as the log
 * has it; who come by one commit, in the order that their admin chose.
 */
export function keepsOrder(before: Roster, after: Roster): boolean {
  if (before === after) return true
  const remaining = new Set(after.members.map(({ userId }) => userId))
  const staying = before.members.filter(({ userId }) => remaining.has(userId))
  return staying.every(({ userId }, at) => after.members[at]?.userId === userId)
}

/**
 * Whether a roster gives nobody more than `most` does: no further member, no higher role. What an admin may make of a group by
 * removals alone, in whatever order. A direct chat keeps its people.
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
 * The roster when everyone in `departed` is gone: what a commit by a non-admin that removes them must carry. A direct
 * chat keeps its two people. Should no admin remain (two admins left at once, an account was deleted), the one who has been a
 * member for longest becomes one, so that no group is orphaned: the first, since members stand in the order in which they came.
 */
export function rosterAfterDepartures(roster: Roster, departed: readonly UserId[]): Roster {
  if (roster.kind === 'direct') return roster
  const members = roster.members.filter((member) => !departed.includes(member.userId))
  if (members.length === roster.members.length || members.some((member) => member.role === 'admin'))
    return { ...roster, members }
  return { ...roster, members: members.map((member, at) => (at === 0 ? { ...member, role: 'admin' } : member)) }
}
