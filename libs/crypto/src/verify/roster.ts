import { formOf, type Role, type Roster, RosterSchema, type UserId } from '@fastchat/schema'
import { HandshakeError } from './handshake-error.ts'
import { encodeJson, readCanonicalJson } from './json-statement.ts'

const form = formOf(RosterSchema)

/** The GroupContext extension of the roster, from the range for private use (RFC 9420 §17.3). */
export const rosterExtensionType = 0xf0c1

/**
 * Encodes canonical UTF-8 JSON: fixed key order, members in the order in which they joined. Only
 * what differs from the usual rules is written, so a roster of version 1 has its former bytes.
 */
export function encodeRoster({ kind, members, policies = {}, banned = [] }: Roster): Uint8Array {
  const { add, write } = policies
  return encodeJson({
    kind,
    members: members.map(({ userId, role }) => ({ userId, role })),
    ...(hasPolicies(policies) && { policies: { ...(add && { add }), ...(write && { write }) } }),
    ...(banned.length > 0 && { banned }),
  })
}

/**
 * @throws HandshakeError `malformed` unless it is a roster in canonical form that fits the schema
 *   (at most `maxMembers` and `maxBanned`), with each user once
 */
export function decodeRoster(bytes: Uint8Array): Roster {
  const roster = readCanonicalJson(bytes, form, encodeRoster)
  if (new Set(roster.members.map((member) => member.userId)).size !== roster.members.length)
    throw new HandshakeError('malformed', 'a user twice in the roster')
  if (roster.banned && new Set(roster.banned).size !== roster.banned.length)
    throw new HandshakeError('malformed', 'a user banned twice')
  return roster
}

export function sameRoster(a: Roster, b: Roster): boolean {
  if (a === b) return true
  return (
    a.kind === b.kind &&
    a.members.length === b.members.length &&
    a.members.every((member, at) => member.userId === b.members[at]?.userId && member.role === b.members[at]?.role) &&
    sameRules(a, b)
  )
}

/** Says whether two rosters have the same policies and bans. */
export function sameRules(a: Roster, b: Roster): boolean {
  const [banned, others] = [a.banned ?? [], b.banned ?? []]
  return (
    a.policies?.add === b.policies?.add &&
    a.policies?.write === b.policies?.write &&
    banned.length === others.length &&
    banned.every((userId, at) => userId === others[at])
  )
}

/**
 * Says whether only clients of this version can read a roster. A client of the version before knows
 * neither an owner nor policies nor bans, and would not follow the commit.
 */
export const isVersion2 = (roster: Roster): boolean =>
  hasPolicies(roster.policies) || (roster.banned ?? []).length > 0 || hasOwner(roster)

const hasPolicies = ({ add, write }: Roster['policies'] = {}): boolean => add !== undefined || write !== undefined

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

const ranks: Readonly<Record<Role, number>> = { member: 0, admin: 1, owner: 2 }

/**
 * Checks that a roster has no member and no higher role that `most` does not have. An admin may
 * change policies and bans at any time, so they do not count here. A direct chat keeps its people.
 */
export function isWithin(roster: Roster, most: Roster): boolean {
  const roles = new Map(most.members.map(({ userId, role }) => [userId, role]))
  return (
    roster.kind === most.kind &&
    (roster.kind === 'group' || roster.members.length === most.members.length) &&
    roster.members.every(({ userId, role }) => {
      const before = roles.get(userId)
      return before !== undefined && ranks[role] <= ranks[before]
    })
  )
}

/** Returns the role of a user, or undefined for a user who is no member. */
export const roleOf = ({ members }: Roster, userId: UserId): Role | undefined =>
  members.find((member) => member.userId === userId)?.role

/** Says whether a user is an admin. The owner is one, too. */
export const isAdmin = (roster: Roster, userId: UserId): boolean =>
  roster.members.some((member) => member.userId === userId && member.role !== 'member')

/** Returns the owner of a group. Groups of former versions have none. */
export const ownerOf = ({ members }: Roster): UserId | undefined => members.find(({ role }) => role === 'owner')?.userId

const hasOwner = (roster: Roster): boolean => ownerOf(roster) !== undefined

/** Says whether a member may write. In a group where only admins write, others may only read. */
export const mayWrite = (roster: Roster, userId: UserId): boolean =>
  roster.policies?.write !== 'admins' || isAdmin(roster, userId)

/**
 * Returns the roster without the members in `departed`. A non-admin's commit that removes them must
 * carry exactly this roster. A direct chat keeps its two people.
 *
 * Members are in the order in which they joined. When the owner is gone, the longest admin becomes
 * owner, or else the longest member. In a group without an owner, the longest member becomes admin
 * when no admin would remain (two admins left at once, or an account was deleted).
 */
export function rosterAfterDepartures(roster: Roster, departed: readonly UserId[]): Roster {
  if (roster.kind === 'direct') return roster
  const members = roster.members.filter((member) => !departed.includes(member.userId))
  const heir = members.length === roster.members.length ? undefined : heirOf(roster, members)
  if (heir === undefined) return { ...roster, members }
  return { ...roster, members: members.map((member) => (member.userId === heir.userId ? heir : member)) }
}

function heirOf(before: Roster, members: Roster['members']): Roster['members'][number] | undefined {
  const isOrphaned = hasOwner(before) && !hasOwner({ ...before, members })
  const admin = members.find(({ role }) => role !== 'member')
  const heir = isOrphaned ? (admin ?? members[0]) : admin ? undefined : members[0]
  return heir && { ...heir, role: isOrphaned ? 'owner' : 'admin' }
}
