import {
  applyCommit,
  type CommitCase,
  type CommitRefusal,
  contextHashOf,
  type DecodedCommit,
  type GroupInfo,
  type Handshake,
  holdersOf,
  judgeCommit,
  judgeCreation,
  type Leaf,
  officeOf,
  type PublicGroup,
  refusalOfGroupInfo,
} from '@fastchat/crypto/verify'
import type { ConversationId, ConversationKind, DeviceId, ErrorCode, Roster, UserId } from '@fastchat/schema'

/** The state of a conversation's group in the database. */
export type GroupState = {
  readonly conversation: ConversationId
  readonly kind: ConversationKind
  /** The number of the group, 0 while there is none. */
  readonly groupNo: number
  readonly epoch: number
  /** The two users of a direct chat, or the one user of a chat with oneself. */
  readonly pair: readonly UserId[]
  readonly members: Roster['members']
  readonly departed: readonly UserId[]
  /** Members whose accounts are deleted. */
  readonly deleted: readonly UserId[]
  readonly leaves: readonly Leaf[]
  /** Those devices with a leaf that are revoked. */
  readonly revoked: readonly DeviceId[]
}

/** A device as the auth service registered it. */
export type RegisteredDevice = {
  readonly deviceId: DeviceId
  readonly userId: UserId
  readonly accountKey: Uint8Array
  readonly signatureKey: Uint8Array
  readonly isRevoked: boolean
}

export type BundleCase = {
  readonly commit: DecodedCommit
  readonly groupInfo: GroupInfo
  /**
   * The public group that the commit changes: that of the current epoch, or a new one at epoch 0.
   */
  readonly group: PublicGroup
  /** The device of the session that posts the commit. */
  readonly committer: { readonly userId: UserId; readonly deviceId: DeviceId }
  readonly state: GroupState
  /** Each registered device that the commit names. */
  readonly registry: readonly RegisteredDevice[]
}

export type BundleVerdict =
  | {
      readonly ok: true
      readonly addedLeaves: readonly { readonly leafIndex: number; readonly deviceId: DeviceId }[]
      /**
       * Indexes of the removed leaves. A new group's first commit ends all leaves of the group
       * before without naming them.
       */
      readonly removedLeaves: readonly number[]
      readonly roster: Roster
      /** The public group after the commit. */
      readonly group: PublicGroup
      readonly externalPub: Uint8Array
      readonly contextHash: Uint8Array
    }
  | BundleRefusal

export type BundleRefusal = { readonly ok: false; readonly code: ErrorCode; readonly reason?: string }

/**
 * Returns a refusal if the commit is not for the conversation's current group and epoch, or for its
 * next group. A pure function.
 */
export function refusalOfPlace(
  { groupNo, epoch }: Pick<Handshake, 'groupNo' | 'epoch'>,
  state: Pick<GroupState, 'groupNo' | 'epoch'>,
): BundleRefusal | undefined {
  const isCreation = epoch === 0
  if (isCreation && groupNo <= state.groupNo) return { ok: false, code: 'group_exists' }
  if (!isCreation && groupNo < state.groupNo) return { ok: false, code: 'stale_epoch' }
  if (groupNo !== state.groupNo + (isCreation ? 1 : 0)) return unlawful('wrong_group')
  return isCreation || epoch === state.epoch ? undefined : { ok: false, code: 'stale_epoch' }
}

/**
 * Judges a commit that is for the right group and epoch. It runs the checks that clients run on the
 * public group (`applyCommit`), with their table of rules (`judgeCommit`, `judgeCreation`). It adds
 * two checks that only the server can make: devices must match the registry, and a direct chat must
 * be of its two users. The group info must match the commit.
 */
export async function judgeBundle(input: BundleCase): Promise<BundleVerdict> {
  const { commit, groupInfo, group } = input
  const isCreation = commit.handshake.epoch === 0
  if (!isRegistered(input)) return { ok: false, code: 'credential_invalid' }
  if (!haveElectedGone(input)) return { ok: false, code: 'admin_present' }
  const applied = await applyCommit(group, commit, (state) =>
    isCreation ? judgeFirst(input) : judgeNext(input, state),
  )
  if (!applied.ok) return refusalFor(applied.reason)
  const refusal = await refusalOfGroupInfo(applied.group, groupInfo, { commit, committer: applied.committer })
  if (refusal !== undefined) return { ok: false, code: 'unlawful_commit', reason: `group_info_${refusal}` }
  const { change } = applied
  return {
    ok: true,
    addedLeaves: isCreation ? change.nextLeaves : change.addedLeaves,
    removedLeaves: change.removedLeaves,
    roster: change.roster,
    group: applied.group,
    externalPub: groupInfo.externalPub,
    contextHash: contextHashOf(applied.group),
  }
}

function judgeFirst({ commit: { handshake }, committer, state, registry }: BundleCase) {
  const { roster, groupNo } = handshake
  if (roster !== undefined && !isOfItsPeople(roster, state)) return { ok: false, reason: 'bad_creation' } as const
  return judgeCreation({
    handshake,
    creator: committer,
    conversation: state.conversation,
    groupNo,
    revoked: revokedIn(state, registry),
    ...(groupNo > 1 && {
      previous: { roster: rosterOf(state), departed: state.departed, isRestored: state.epoch === 0 },
    }),
  })
}

function judgeNext({ commit: { handshake }, committer, state, registry }: BundleCase, group: CommitCase['state']) {
  const revoked = revokedIn(state, registry)
  return judgeCommit({ handshake, committer, state: group, departed: state.departed, revoked })
}

/**
 * Says whether the accounts of all whom an election removes are deleted: every admin's, or the
 * owner's. Commits without votes, and votes about no office, are judged elsewhere.
 */
function haveElectedGone({ commit: { handshake }, state }: BundleCase): boolean {
  const roster = rosterOf(state)
  const office = officeOf(roster, handshake.votes ?? [])
  return office === undefined || holdersOf(roster, office).every((userId) => state.deleted.includes(userId))
}

const rosterOf = ({ kind, members }: GroupState): Roster => ({ kind, members })

function revokedIn({ revoked }: GroupState, registry: readonly RegisteredDevice[]): DeviceId[] {
  return [...revoked, ...registry.filter(({ isRevoked }) => isRevoked).map(({ deviceId }) => deviceId)]
}

/**
 * Whether the roster fits the reservation: the kind must agree, and in a direct chat the users,
 * too.
 */
function isOfItsPeople(roster: Roster, { kind, pair }: GroupState): boolean {
  if (roster.kind !== kind) return false
  return kind === 'group' || sorted(roster.members.map(({ userId }) => userId)) === sorted(pair)
}

const sorted = (users: readonly UserId[]): string => users.toSorted().join()

/**
 * Whether each leaf that the commit adds or updates belongs to a registered device and has its
 * keys.
 */
function isRegistered({ commit, registry }: BundleCase): boolean {
  const { adds, updateLeaf } = commit.handshake
  return [...adds, ...(updateLeaf ? [updateLeaf] : [])].every((claims) => {
    const device = registry.find(({ deviceId }) => deviceId === claims.deviceId)
    return (
      device?.userId === claims.userId &&
      Buffer.compare(device.accountKey, claims.accountKey) === 0 &&
      Buffer.compare(device.signatureKey, claims.signatureKey) === 0
    )
  })
}

/** Refusals that a correct client can meet. All others mean a defect of the client. */
const knownRefusals: Partial<Record<CommitRefusal, ErrorCode>> = {
  stale_epoch: 'stale_epoch',
  admin_only: 'admins_only',
  owner_only: 'owner_only',
  banned_user: 'banned_user',
  direct_fixed: 'direct_fixed',
  last_admin: 'last_admin',
  commit_first: 'commit_first',
}

function refusalFor(reason: CommitRefusal): BundleRefusal {
  const code = knownRefusals[reason]
  return code ? { ok: false, code } : unlawful(reason)
}

const unlawful = (reason: CommitRefusal): BundleRefusal => ({ ok: false, code: 'unlawful_commit', reason })
