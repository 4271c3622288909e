import type { DeviceId, Roster } from '@fastchat/schema'
import type { CommitChange } from './commit-change.ts'
import type { CommitRefusal } from './commit-rules.ts'
import { maxLeaves } from './max-leaves.ts'
import { isVersion2 } from './roster.ts'

/** Checks the rules that hold for any group after any commit, and for a group that is joined. */
export function refusalOfOutcome(
  { roster, nextLeaves, addedLeaves }: Pick<CommitChange, 'roster' | 'nextLeaves' | 'addedLeaves'>,
  revoked: readonly DeviceId[],
): CommitRefusal | undefined {
  const users = new Set(roster.members.map((member) => member.userId))
  if (roster.kind === 'direct' && !isDirectRoster(roster)) return 'direct_fixed'
  if (roster.banned?.some((userId) => users.has(userId))) return 'banned_user'
  if (!nextLeaves.every((leaf) => users.has(leaf.userId))) return 'not_in_roster'
  if (new Set(nextLeaves.map((leaf) => leaf.deviceId)).size !== nextLeaves.length) return 'duplicate_device'
  if (addedLeaves.some((leaf) => revoked.includes(leaf.deviceId))) return 'revoked_device'
  if (roster.kind === 'group' && !roster.members.some((member) => member.role !== 'member')) return 'last_admin'
  return nextLeaves.length > maxLeaves ? 'group_full' : undefined
}

/**
 * Checks for two people, or one who writes to themselves, all with the role `member`, under the
 * usual rules.
 */
function isDirectRoster(roster: Roster): boolean {
  return roster.members.length <= 2 && !isVersion2(roster) && roster.members.every(({ role }) => role === 'member')
}
