import type { Group } from '@fastchat/crypto'
import { isAdmin, isWithin, type Leaf, rosterAfterDepartures, sameRoster } from '@fastchat/crypto/verify'
import type { Roster, UserId } from '@fastchat/schema'
import type { View } from './reading.ts'

/**
 * Whether a group that we are about to enter is the one that this conversation should have: of this conversation and kind;
 * in a direct chat, with the person it was opened for; later than the last state that we hold lawful; and as the successor of a group
 * that we have not been removed from, with the members of the last lawful roster, less those who left; an admin who starts it may leave
 * others out, too. So the server can't lead us into another room, nor back into an old one, nor put others into this one.
 */
export function isAsExpected({ record, group: former }: View, group: Group): boolean {
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
  const known = former?.roster ?? { kind: record.kind, members: [...record.members] }
  return isLawfulSuccessor({ roster, leaves: group.members() }, known, record.departed)
}

/**
 * Whether a conversation may go on in this group after one with `known` as its last roster: with the same members, less those who left; an
 * admin who starts it may leave others out, too.
 */
export function isLawfulSuccessor(
  { roster, leaves }: { readonly roster: Roster; readonly leaves: readonly Leaf[] },
  known: Roster,
  departed: readonly UserId[],
): boolean {
  const most = rosterAfterDepartures(known, departed)
  if (sameRoster(roster, most)) return true
  const creator = leaves.find(({ leafIndex }) => leafIndex === 0)
  return isWithin(roster, most) && creator !== undefined && isAdmin(most, creator.userId)
}

type Place = { readonly groupNo: number; readonly epoch: number }

const comesLater = (group: Place, last: Place): boolean =>
  group.groupNo > last.groupNo || (group.groupNo === last.groupNo && group.epoch > last.epoch)
