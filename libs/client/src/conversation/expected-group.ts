import type { Group } from '@fastchat/crypto'
import { isAdmin, isWithin, keepsLeaders, type Leaf, rosterAfterDepartures, sameRoster } from '@fastchat/crypto/verify'
import type { Roster, UserId } from '@fastchat/schema'
import type { GroupEpoch } from '../group-epoch.ts'
import { rosterOfRecord } from '../groups/roster-of-record.ts'
import type { Snapshot } from './read-result.ts'

/**
 * Returns whether a group that this device is about to enter is the one that this conversation
 * should have. The group has to meet all of these:
 *
 * - It is of this conversation and kind, and in a direct chat it is with the peer.
 * - It comes later than the last state that this device held lawful.
 * - As the successor of a group that this device was not removed from, it has the members of the
 *   last lawful roster, without those who left. An admin who starts it may leave out others, too.
 *
 * So the server can lead this device neither into another conversation nor back into an old group,
 * and can add no one to this one.
 */
export function isAsExpected({ record, group: former }: Snapshot, group: Group): boolean {
  const { roster } = group
  if (group.conversation !== record.conversation || roster.kind !== record.kind) return false
  const isWithPeer = roster.members.length <= 2 && roster.members.some(({ userId }) => userId === record.peer)
  if (record.kind === 'direct' && !isWithPeer) return false
  const last = former ?? record.lawful
  if (last === undefined) return true
  const isSameGroup = group.groupNo === last.groupNo
  if (former ? isSameGroup : record.lawful?.isOver || (record.lawful?.isKept && isSameGroup))
    return comesLater(group, last)
  if (group.groupNo <= last.groupNo) return false
  const known = former?.roster ?? rosterOfRecord(record)
  // A restored server skips a number.
  const isRestored = record.brokenBy === 'restored' || group.groupNo > last.groupNo + 1
  return isLawfulSuccessor(
    { roster, leaves: group.members() },
    { roster: known, departed: record.departed, isRestored },
  )
}

/**
 * Returns whether a conversation whose last roster is `known` may continue in this group. The group
 * has the same members, without those who left. An admin who starts it may leave out others, too.
 * An admin who is not the owner keeps the owner and the admins, unless the server was restored.
 */
export function isLawfulSuccessor(
  { roster, leaves }: { readonly roster: Roster; readonly leaves: readonly Leaf[] },
  known: { readonly roster: Roster; readonly departed: readonly UserId[]; readonly isRestored?: boolean },
): boolean {
  const most = rosterAfterDepartures(known.roster, known.departed)
  if (sameRoster(roster, most)) return true
  const creator = leaves.find(({ leafIndex }) => leafIndex === 0)
  if (creator === undefined || !isWithin(roster, most) || !isAdmin(most, creator.userId)) return false
  return known.isRestored === true || keepsLeaders(most, roster, creator.userId)
}

const comesLater = (group: GroupEpoch, last: GroupEpoch): boolean =>
  group.groupNo > last.groupNo || (group.groupNo === last.groupNo && group.epoch > last.epoch)
