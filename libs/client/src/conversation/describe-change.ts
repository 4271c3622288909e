import { ownerOf } from '@fastchat/crypto/verify'
import type { Roster, UserId } from '@fastchat/schema'
import type { SystemEvent } from '../store/records.ts'

/**
 * Returns the differences between two rosters as events for people, in the order in which a person
 * would tell them.
 */
export function describeChange(before: Roster, after: Roster, departed: readonly UserId[]): SystemEvent[] {
  const was = new Map(before.members.map(({ userId, role }) => [userId, role]))
  const is = new Map(after.members.map(({ userId, role }) => [userId, role]))
  const added = [...is.keys()].filter((userId) => !was.has(userId))
  const banned = newIn(after.banned, before.banned)
  const gone = [...was.keys()].filter((userId) => !is.has(userId) && !departed.includes(userId))
  const changed = [...is].filter(([userId, role]) => was.has(userId) && was.get(userId) !== role)
  const owner = ownerOf(after)
  const hasOtherOwner = owner !== undefined && owner !== ownerOf(before)
  // Who hands over the ownership is an admin then: that goes without saying.
  const promoted = changed.filter(([userId, role]) => role === 'admin' && was.get(userId) === 'member')
  const demoted = changed.filter(([, role]) => role === 'member')
  const named = (kind: NamingKind, users: readonly UserId[]): SystemEvent[] =>
    users.length === 0 ? [] : [{ kind, users }]
  const idsOf = (members: typeof changed) => members.map(([userId]) => userId)
  return [
    ...named('removed', gone),
    ...named('banned', banned),
    ...named('unbanned', newIn(before.banned, after.banned)),
    ...named('added', added),
    ...named('promoted', idsOf(promoted)),
    ...named('demoted', idsOf(demoted)),
    ...named('owner', hasOtherOwner ? [owner] : []),
    ...policiesIn(before, after),
  ]
}

type NamingKind = 'added' | 'removed' | 'promoted' | 'demoted' | 'owner' | 'banned' | 'unbanned'

const newIn = (now: readonly UserId[] = [], former: readonly UserId[] = []): UserId[] =>
  now.filter((userId) => !former.includes(userId))

function policiesIn({ policies: was }: Roster, { policies: is }: Roster): SystemEvent[] {
  const policies = {
    ...(was?.add !== is?.add && { add: is?.add ?? ('admins' as const) }),
    ...(was?.write !== is?.write && { write: is?.write ?? ('everybody' as const) }),
  }
  return Object.keys(policies).length > 0 ? [{ kind: 'policies', policies }] : []
}
