import { ownerOf, roleOf } from '@fastchat/crypto/verify'
import { maxBanned, type Policies, type Role, type Roster, type UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { MembershipChange, WantedPolicies } from '../store/records.ts'

type RoleChange = Extract<MembershipChange, { kind: 'role' }>

/** Returns the roster with another role of one member. A new owner replaces the former one. */
export function withRole(roster: Roster, { userId, role }: Pick<RoleChange, 'userId' | 'role'>): Roster {
  const before = roleOf(roster, userId)
  if (before === undefined || before === role) return roster
  // To make the owner an admin changes nothing: the owner has all powers of one.
  if (before === 'owner' && role === 'admin') return roster
  if (before === 'owner')
    throw new ClientError('successor_needed', 'The owner cannot be demoted. Hand the group over to somebody else first')
  const owner = ownerOf(roster)
  const roleAfter = (member: Roster['members'][number]): Role => {
    if (member.userId === userId) return role
    return role === 'owner' && member.userId === owner ? 'admin' : member.role
  }
  return { ...roster, members: roster.members.map((member) => ({ ...member, role: roleAfter(member) })) }
}

/** Returns the roster with other policies. Absent rules stay as they are. */
export function withPolicies(roster: Roster, wanted: WantedPolicies): Roster {
  const { policies: before, ...rest } = roster
  const add = wanted.add ?? before?.add ?? 'admins'
  const write = wanted.write ?? before?.write ?? 'everybody'
  const policies: Policies = { ...(add === 'everybody' && { add }), ...(write === 'admins' && { write }) }
  return Object.keys(policies).length > 0 ? { ...rest, policies } : rest
}

/**
 * Returns the roster with more banned users.
 *
 * @throws {ClientError} `ban_list_full`
 */
export function withBans(roster: Roster, userIds: readonly UserId[]): Roster {
  const banned = [...new Set([...(roster.banned ?? []), ...userIds])]
  if (banned.length > maxBanned)
    throw new ClientError('ban_list_full', `A group bans at most ${maxBanned} users. Lift a ban first`)
  return { ...roster, banned }
}

/** Returns the roster without the bans of some users. */
export function withoutBans({ banned: before = [], ...rest }: Roster, userIds: readonly UserId[]): Roster {
  const banned = before.filter((userId) => !userIds.includes(userId))
  return banned.length > 0 ? { ...rest, banned } : rest
}

/** @throws {ClientError} `banned_user` when one of the users is banned */
export function refuseBanned(
  { banned = [] }: Roster,
  userIds: readonly UserId[],
  nameOf: (userId: UserId) => string,
): void {
  const found = userIds.find((userId) => banned.includes(userId))
  if (found !== undefined)
    throw new ClientError('banned_user', `${nameOf(found)} is banned from this group. An admin can lift the ban`)
}
