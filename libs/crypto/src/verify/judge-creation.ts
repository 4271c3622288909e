import type { ConversationId, DeviceId, GroupNo, Roster, UserId } from '@fastchat/schema'
import { leavesAfter } from './commit-change.ts'
import type { CommitRefusal } from './commit-rules.ts'
import type { Handshake } from './handshake.ts'
import { type CommitJudgement, refusalOfAccounts, refusalOfVersion } from './judge-commit.ts'
import { refusalOfOutcome } from './judge-outcome.ts'
import { keepsLeaders, refusalOfOwner } from './role-rules.ts'
import { isAdmin, isWithin, ownerOf, rosterAfterDepartures } from './roster.ts'

export interface CreationCase {
  handshake: Handshake
  creator: { userId: UserId; deviceId: DeviceId }
  conversation: ConversationId
  groupNo: GroupNo
  revoked: readonly DeviceId[]
  /** The group before this one. Required for every `groupNo` above 1. */
  previous?: {
    roster: Roster
    departed: readonly UserId[]
    /** The database was restored, so the group before may be older than the one clients know. */
    isRestored?: boolean
  }
}

/**
 * Judges the first commit of a group. It comes from leaf 0 at epoch 0, where the creator is alone,
 * and carries a roster. The function is pure.
 *
 * In a first group the creator is an admin, and the only one who may be its owner. A direct chat
 * has exactly two users, or one who writes to themselves, all with role `member`.
 *
 * A successor group (`groupNo` above 1) has the roster of the group before, without the departed
 * members. Its creator is an admin of it; in a direct chat, either of the two. It may have fewer
 * members, never more. After a restore the creator may have to leave out users whom one side does
 * not know; an admin could remove them anyway. A user in the roster may have no leaf yet, and joins
 * externally. A creator who is not the owner keeps the owner and the admins, unless the server was
 * restored: then each member has the lower of the roles that the two sides know.
 */
export function judgeCreation(input: CreationCase): CommitJudgement {
  const { handshake, creator, revoked } = input
  const { roster, sender, updateLeaf } = handshake
  if (handshake.conversation !== input.conversation || handshake.groupNo !== input.groupNo)
    return { ok: false, reason: 'wrong_group' }
  const isFirst = handshake.epoch === 0 && sender.type === 'member' && sender.leafIndex === 0
  if (!isFirst || roster === undefined || updateLeaf === undefined || handshake.removes.length > 0)
    return { ok: false, reason: 'bad_creation' }
  if (updateLeaf.userId !== creator.userId || updateLeaf.deviceId !== creator.deviceId)
    return { ok: false, reason: 'not_your_leaf' }
  const alone = [{ leafIndex: 0, userId: creator.userId, deviceId: creator.deviceId }]
  const change = { ...leavesAfter(alone, handshake), roster, rosterChanged: true }
  const reason =
    refusalOfRoster(input, roster) ??
    refusalOfAccounts(handshake, [{ ...updateLeaf, leafIndex: 0 }]) ??
    refusalOfOutcome({ ...change, addedLeaves: [...alone, ...change.addedLeaves] }, revoked) ??
    refusalOfVersion(handshake, [], roster)
  return reason === undefined ? { ok: true, change } : { ok: false, reason }
}

function isSuccession(
  { roster: before, departed, isRestored = false }: NonNullable<CreationCase['previous']>,
  roster: Roster,
  creator: UserId,
): boolean {
  const most = rosterAfterDepartures(before, departed)
  return isWithin(roster, most) && (isRestored || keepsLeaders(most, roster, creator))
}

function refusalOfRoster({ creator, groupNo, previous }: CreationCase, roster: Roster): CommitRefusal | undefined {
  if (groupNo > 1 !== (previous !== undefined)) return 'bad_succession'
  if (previous !== undefined && !isSuccession(previous, roster, creator.userId)) return 'bad_succession'
  if (previous?.departed.includes(creator.userId)) return 'departed_user'
  if (roster.kind === 'direct') return undefined
  if (!isAdmin(roster, creator.userId)) return 'admin_only'
  const owner = ownerOf(roster)
  if (previous === undefined && owner !== undefined && owner !== creator.userId) return 'owner_only'
  return refusalOfOwner(undefined, roster)
}
