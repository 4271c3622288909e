import type { DeviceId, Roster } from '@fastchat/schema'
import type { CommitChange } from './commit-change.ts'
import type { CommitRefusal } from './commit-rules.ts'
import { maxLeaves } from './max-leaves.ts'

/** What must be so in any group after any commit, whoever made it; also in a group that one joins. */
export function refusalOfOutcome(
  { roster, nextLeaves, addedLeaves }: Pick<CommitChange, 'roster' | 'nextLeaves' | 'addedLeaves'>,
  revoked: readonly DeviceId[],
): CommitRefusal | undefined {
  const users = new Set(roster.members.map((member) => member.userId))
  if (roster.kind === 'direct' && !isDirectRoster(roster)) return 'direct_fixed'
  if (!nextLeaves.every((leaf) => users.has(leaf.userId))) return 'not_in_roster'
  if (new Set(nextLeaves.map((leaf) => leaf.deviceId)).size !== nextLeaves.length) return 'duplicate_device'
  if (addedLeaves.some((leaf) => revoked.includes(leaf.deviceId))) return 'revoked_device'
  if (roster.kind === 'group' && !roster.members.some((member) => member.role === 'admin')) return 'last_admin'
  return nextLeaves.length > maxLeaves ? 'group_full' : undefined
}

/** Exactly two people, or one who writes to themselves; nobody is more than the other. */
function isDirectRoster({ members }: Roster): boolean {
  return members.length <= 2 && members.every((member) => member.role === 'member')
}
