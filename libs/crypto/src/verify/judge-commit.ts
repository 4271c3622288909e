import type { ConversationId, DeviceId, Epoch, GroupNo, Roster, UserId } from '@fastchat/schema'
import { sameBytes } from './bytes.ts'
import { type CommitChange, type Leaf, leavesAfter } from './commit-change.ts'
import type { CommitRefusal } from './commit-rules.ts'
import type { CredentialClaims } from './credential.ts'
import { holdersOf, isElected, officeOf, rosterAfterElection } from './election.ts'
import type { Handshake } from './handshake.ts'
import { refusalOfOutcome } from './judge-outcome.ts'
import { addsBanned, isOpenAddition, refusalOfAdmin, refusalOfOwner } from './role-rules.ts'
import { isAdmin, isVersion2, keepsOrder, rosterAfterDepartures, sameRoster } from './roster.ts'

export type CommitJudgement = { ok: true; change: CommitChange } | { ok: false; reason: CommitRefusal }

/** A leaf as the judge knows it. Keys are compared if they are known; a client knows all keys. */
export interface JudgedLeaf extends Leaf {
  accountKey?: Uint8Array
  signatureKey?: Uint8Array
  /** The device reads rosters of version 1 only. */
  isOld?: true
}

export interface CommitCase {
  handshake: Handshake
  /** The sender: the server takes it from the session, a client from the commit's signature. */
  committer: { userId: UserId; deviceId: DeviceId }
  state: {
    conversation: ConversationId
    groupNo: GroupNo
    epoch: Epoch
    roster: Roster
    leaves: readonly JudgedLeaf[]
  }
  /** Members who have left by a verified statement that is still in force. */
  departed: readonly UserId[]
  revoked: readonly DeviceId[]
  /**
   * The client reads the commit from the log. `revoked` then has the devices that were revoked
   * before it there, and their leaves may remain. A server can show a revocation too early, and
   * that must not make the author of a lawful commit look unlawful. Each client removes such leaves
   * before it sends. The server never sets this: it judges at the moment of the commit.
   */
  isReplay?: boolean
}

/**
 * Judges a commit by `commitPowers`. The server and every client use this one pure function.
 *
 * While leaves of a departed user or a revoked device remain, a member's commit must remove them.
 * An external join need not, because it cannot change the roster. So a new device of a user gets in
 * while no other member is online, and then makes that commit itself. Until then sends are
 * rejected.
 */
export function judgeCommit(input: CommitCase): CommitJudgement {
  const { handshake, state } = input
  const roster = handshake.roster ?? state.roster
  const change: CommitChange = {
    ...leavesAfter(state.leaves, handshake),
    roster,
    rosterChanged: !sameRoster(roster, state.roster),
  }
  const reason =
    refusalOfTarget(input) ??
    (handshake.sender.type === 'external' ? refusalOfJoin(input) : refusalOfMemberCommit(input, change)) ??
    refusalOfAccounts(handshake, state.leaves) ??
    refusalOfOutcome(change, input.revoked) ??
    refusalOfVersion(handshake, state.leaves, roster)
  return reason === undefined ? { ok: true, change } : { ok: false, reason }
}

/**
 * Rejects a commit that adds leaves of one user under different account keys. So a client notices
 * a second key of a user even if it has never seen the directory's.
 */
export function refusalOfAccounts(
  { adds, sender, updateLeaf, removes }: Handshake,
  leaves: readonly JudgedLeaf[],
): CommitRefusal | undefined {
  const keys = new Map<UserId, Uint8Array>()
  const removed = new Set(removes)
  const incoming = sender.type === 'external' && updateLeaf ? [updateLeaf] : adds
  const isOther = (userId: UserId, accountKey: Uint8Array | undefined): boolean => {
    if (accountKey === undefined) return false
    const known = keys.get(userId)
    if (known === undefined) keys.set(userId, accountKey)
    return known !== undefined && !sameBytes(known, accountKey)
  }
  for (const { leafIndex, userId, accountKey } of leaves)
    if (!removed.has(leafIndex) && isOther(userId, accountKey)) return 'other_account'
  return incoming.some(({ userId, accountKey }) => isOther(userId, accountKey)) ? 'other_account' : undefined
}

/** Rejects a roster that a device of the group could not read. It could not follow the commit. */
export function refusalOfVersion(
  { bringsOldLeaf, removes, sender, updateLeaf }: Handshake,
  leaves: readonly JudgedLeaf[],
  roster: Roster,
): CommitRefusal | undefined {
  if (!isVersion2(roster)) return undefined
  const renewed = sender.type === 'member' && updateLeaf !== undefined ? sender.leafIndex : undefined
  const isRead = ({ isOld, leafIndex }: JudgedLeaf) =>
    isOld !== true || leafIndex === renewed || removes.includes(leafIndex)
  return bringsOldLeaf !== true && leaves.every(isRead) ? undefined : 'roster_version'
}

/** Returns the revoked devices whose leaves must not remain. */
const mustGo = ({ revoked, isReplay }: CommitCase): readonly DeviceId[] => (isReplay === true ? [] : revoked)

/** Returns the leaves that the commit removes. `readCommit` has checked that each is named once. */
function removedLeaves({ handshake, state }: CommitCase): JudgedLeaf[] {
  if (handshake.removes.length === 0) return []
  const removes = new Set(handshake.removes)
  return state.leaves.filter(({ leafIndex }) => removes.has(leafIndex))
}

function refusalOfTarget(input: CommitCase): CommitRefusal | undefined {
  const { handshake, state } = input
  if (handshake.conversation !== state.conversation || handshake.groupNo !== state.groupNo) return 'wrong_group'
  if (handshake.epoch !== state.epoch) return 'stale_epoch'
  return removedLeaves(input).length === handshake.removes.length ? undefined : 'no_such_leaf'
}

function refusalOfJoin(input: CommitCase): CommitRefusal | undefined {
  const { handshake, committer, departed } = input
  const { updateLeaf, adds, roster } = handshake
  if (updateLeaf === undefined || !isSameDevice(updateLeaf, committer)) return 'not_your_leaf'
  if (departed.includes(committer.userId)) return 'departed_user'
  const isOwn = (leaf: JudgedLeaf) => isSameDevice(leaf, committer)
  const removed = removedLeaves(input)
  if (adds.length > 0 || roster !== undefined || !removed.every(isOwn)) return 'external_excess'
  return removed.every((leaf) => hasSameKeys(leaf, updateLeaf)) ? undefined : 'identity_changed'
}

function refusalOfMemberCommit(input: CommitCase, change: CommitChange): CommitRefusal | undefined {
  const { handshake, committer, state } = input
  if (handshake.sender.type !== 'member') return 'not_your_leaf'
  const { leafIndex } = handshake.sender
  const ownLeaf = state.leaves.find((leaf) => leaf.leafIndex === leafIndex)
  if (ownLeaf === undefined) return 'no_such_leaf'
  if (!isSameDevice(ownLeaf, committer)) return 'not_your_leaf'
  if (input.revoked.includes(committer.deviceId)) return 'revoked_device'
  const { updateLeaf } = handshake
  if (updateLeaf !== undefined && !(isSameDevice(updateLeaf, ownLeaf) && hasSameKeys(ownLeaf, updateLeaf)))
    return 'identity_changed'
  if (handshake.removes.includes(leafIndex)) return 'self_removal'
  return refusalOfPending(input, change) ?? refusalOfPowers(input, change)
}

/** Rejects a commit that leaves something in place that must be removed first. */
function refusalOfPending(input: CommitCase, change: CommitChange): CommitRefusal | undefined {
  const { state, departed } = input
  const gone = mustGo(input)
  if (departed.length === 0 && gone.length === 0) return undefined
  const isPending = (leaf: Leaf) => departed.includes(leaf.userId) || gone.includes(leaf.deviceId)
  const before = new Set(state.leaves.map((leaf) => leaf.deviceId))
  if (change.nextLeaves.some((leaf) => isPending(leaf) && before.has(leaf.deviceId))) return 'commit_first'
  const isListed = (userId: UserId) => change.roster.members.some((member) => member.userId === userId)
  return change.roster.kind === 'group' && departed.some(isListed) ? 'commit_first' : undefined
}

/** Rejects changes that only an admin may make. A direct chat has no admin. */
function refusalOfPowers(input: CommitCase, change: CommitChange): CommitRefusal | undefined {
  const { handshake, committer, state, departed, revoked } = input
  const isAnyonesToRemove = (leaf: Leaf) =>
    leaf.userId === committer.userId || departed.includes(leaf.userId) || revoked.includes(leaf.deviceId)
  const removed = removedLeaves(input)
  if (handshake.votes !== undefined) return refusalOfElection(input, change)
  const isOwn = ({ userId }: { userId: UserId }) => userId === committer.userId
  const isModest =
    handshake.adds.every(isOwn) &&
    removed.every(isAnyonesToRemove) &&
    (!change.rosterChanged || sameRoster(change.roster, rosterAfterDepartures(state.roster, departed)))
  if (change.roster.kind !== state.roster.kind) return 'kind_changed'
  if (!keepsOrder(state.roster, change.roster)) return state.roster.kind === 'direct' ? 'direct_fixed' : 'order_changed'
  if (isModest) return undefined
  if (state.roster.kind === 'direct') return 'direct_fixed'
  const [before, after] = [state.roster, change.roster]
  if (addsBanned(before, after)) return 'banned_user'
  if (!isAdmin(before, committer.userId)) {
    const isListed = ({ userId }: { userId: UserId }) => before.members.some((member) => member.userId === userId)
    const isOpen = isOpenAddition({ before, after, departed }) && removed.every(isAnyonesToRemove)
    return isOpen && handshake.adds.every((add) => isOwn(add) || !isListed(add)) ? undefined : 'admin_only'
  }
  const foreign = removed.filter((leaf) => !isAnyonesToRemove(leaf))
  return (
    refusalOfAdmin({ before, after, departed, committer: committer.userId, removed: foreign }) ??
    refusalOfOwner(before, after)
  )
}

/** An election removes the holders of the office and what anybody may remove, and nothing else. */
function refusalOfElection(
  { handshake, state, departed, revoked }: CommitCase,
  change: CommitChange,
): CommitRefusal | undefined {
  const office = officeOf(state.roster, handshake.votes ?? [])
  if (office === undefined) return 'no_majority'
  const holders = holdersOf(state.roster, office)
  const mayGo = (leaf: Leaf) =>
    holders.includes(leaf.userId) || departed.includes(leaf.userId) || revoked.includes(leaf.deviceId)
  const removes = new Set(handshake.removes)
  const isWithinBounds =
    handshake.adds.length === 0 &&
    state.leaves.every((leaf) => !removes.has(leaf.leafIndex) || mayGo(leaf)) &&
    sameRoster(change.roster, rosterAfterElection(state.roster, departed, office))
  return isWithinBounds && isElected(state, handshake.votes ?? [], departed) ? undefined : 'no_majority'
}

const isSameDevice = (a: { userId: UserId; deviceId: DeviceId }, b: { userId: UserId; deviceId: DeviceId }) =>
  a.userId === b.userId && a.deviceId === b.deviceId

function hasSameKeys(leaf: JudgedLeaf, claims: CredentialClaims): boolean {
  return isSameKey(leaf.accountKey, claims.accountKey) && isSameKey(leaf.signatureKey, claims.signatureKey)
}

function isSameKey(known: Uint8Array | undefined, claimed: Uint8Array): boolean {
  return known === undefined || sameBytes(known, claimed)
}

/**
 * Returns the changes of a commit without judging its sender. For a commit that was judged before,
 * when something else proves the state after it.
 */
export function changeWithoutJudgement(handshake: Handshake, state: CommitCase['state']): CommitJudgement {
  const { roster = state.roster } = handshake
  const rosterChanged = !sameRoster(roster, state.roster)
  return { ok: true, change: { ...leavesAfter(state.leaves, handshake), roster, rosterChanged } }
}
