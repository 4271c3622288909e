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
  const removed = [...was.keys()].filter((userId) => !is.has(userId) && !departed.includes(userId))
  const changed = [...is].filter(([userId, role]) => was.has(userId) && was.get(userId) !== role)
  const named = (kind: 'added' | 'removed' | 'promoted' | 'demoted', users: UserId[]): SystemEvent[] =>
    users.length === 0 ? [] : [{ kind, users }]
  return [
    ...named('removed', removed),
    ...named('added', added),
    ...named(
      'promoted',
      changed.filter(([, role]) => role === 'admin').map(([userId]) => userId),
    ),
    ...named(
      'demoted',
      changed.filter(([, role]) => role === 'member').map(([userId]) => userId),
    ),
  ]
}
