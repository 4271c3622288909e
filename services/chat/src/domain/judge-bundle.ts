import {
  type CommitRefusal,
  type Handshake,
  type JudgedLeaf,
  judgeCommit,
  judgeCreation,
} from '@fastchat/crypto/verify'
import type {
  ConversationId,
  ConversationKind,
  DeviceId,
  Epoch,
  ErrorCode,
  GroupNo,
  Roster,
  UserId,
} from '@fastchat/schema'

/** A conversation's group as the database has it. */
export type GroupState = {
  readonly conversation: ConversationId
  readonly kind: ConversationKind
  /** 0 while there is none. */
  readonly groupNo: number
  readonly epoch: number
  /** The two people of a direct chat, or the one who writes to themselves. */
  readonly pair: readonly UserId[]
  readonly members: Roster['members']
  readonly departed: readonly UserId[]
  readonly leaves: readonly JudgedLeaf[]
  /** Of the devices in leaves. */
  readonly revoked: readonly DeviceId[]
}

/** A device as auth has registered it. */
export type RegisteredDevice = {
  readonly deviceId: DeviceId
  readonly userId: UserId
  readonly accountKey: Uint8Array
  readonly signatureKey: Uint8Array
  readonly isRevoked: boolean
}

export type BundleCase = {
  readonly handshake: Handshake
  /** The session's device. */
  readonly committer: { readonly userId: UserId; readonly deviceId: DeviceId }
  readonly state: GroupState
  /** Every device that the commit names, if it is registered. */
  readonly registry: readonly RegisteredDevice[]
}

export type BundleVerdict =
  | {
      readonly ok: true
      readonly addedLeaves: readonly { readonly leafIndex: number; readonly deviceId: DeviceId }[]
      /** Leaf indexes. The first commit of a group ends all leaves of the group before without naming them. */
      readonly removedLeaves: readonly number[]
      readonly roster: Roster
    }
  | { readonly ok: false; readonly code: ErrorCode; readonly reason?: string }

/**
 * What the server makes of a commit: the table that clients run, too (`judgeCommit`, `judgeCreation`), and what only the server
 * can say: that the devices are those of the registry, that a direct chat is of its two people. Pure.
 */
export function judgeBundle(input: BundleCase): BundleVerdict {
  const { handshake, state } = input
  const isCreation = handshake.epoch === 0
  if (isCreation && handshake.groupNo <= state.groupNo) return { ok: false, code: 'group_exists' }
  if (!isCreation && handshake.groupNo < state.groupNo) return { ok: false, code: 'stale_epoch' }
  if (handshake.groupNo !== state.groupNo + (isCreation ? 1 : 0)) return unlawful('wrong_group')
  if (!isRegistered(input)) return { ok: false, code: 'credential_invalid' }
  const verdict = isCreation ? judgeFirst(input) : judgeNext(input)
  if (!verdict.ok) return refusalFor(verdict.reason)
  const { change } = verdict
  const addedLeaves = isCreation ? change.nextLeaves : change.addedLeaves
  return { ok: true, addedLeaves, removedLeaves: change.removedLeaves, roster: change.roster }
}

function judgeFirst({ handshake, committer, state, registry }: BundleCase) {
  const { roster } = handshake
  const groupNo = handshake.groupNo
  if (roster !== undefined && !isOfItsPeople(roster, state)) return { ok: false, reason: 'bad_creation' } as const
  return judgeCreation({
    handshake,
    creator: committer,
    conversation: state.conversation,
    groupNo,
    revoked: revokedIn(state, registry),
    ...(groupNo > 1 && { previous: { roster: rosterOf(state), departed: state.departed } }),
  })
}

function judgeNext({ handshake, committer, state, registry }: BundleCase) {
  return judgeCommit({
    handshake,
    committer,
    state: {
      conversation: state.conversation,
      // The handshake names the same group, and an epoch of the database is a whole number.
      groupNo: state.groupNo as GroupNo,
      epoch: state.epoch as Epoch,
      roster: rosterOf(state),
      leaves: state.leaves,
    },
    departed: state.departed,
    revoked: revokedIn(state, registry),
  })
}

const rosterOf = ({ kind, members }: GroupState): Roster => ({ kind, members })

function revokedIn({ revoked }: GroupState, registry: readonly RegisteredDevice[]): DeviceId[] {
  return [...revoked, ...registry.filter(({ isRevoked }) => isRevoked).map(({ deviceId }) => deviceId)]
}

/** A reserved conversation keeps its kind, and a direct one its people. */
function isOfItsPeople(roster: Roster, { kind, pair }: GroupState): boolean {
  if (roster.kind !== kind) return false
  return kind === 'group' || roster.members.map(({ userId }) => userId).join() === [...pair].sort().join()
}

/** Whether every leaf that the commit puts in place is of a registered device, with its keys. */
function isRegistered({ handshake: { adds, updateLeaf }, registry }: BundleCase): boolean {
  return [...adds, ...(updateLeaf ? [updateLeaf] : [])].every((claims) => {
    const device = registry.find(({ deviceId }) => deviceId === claims.deviceId)
    return (
      device?.userId === claims.userId &&
      Buffer.compare(device.accountKey, claims.accountKey) === 0 &&
      Buffer.compare(device.signatureKey, claims.signatureKey) === 0
    )
  })
}

/** Refusals that mean something to a client that did nothing wrong; the others are for whoever wrote it. */
const knownRefusals: Partial<Record<CommitRefusal, ErrorCode>> = {
  stale_epoch: 'stale_epoch',
  admin_only: 'admins_only',
  direct_fixed: 'direct_fixed',
  last_admin: 'last_admin',
  commit_first: 'commit_first',
}

function refusalFor(reason: CommitRefusal): BundleVerdict {
  const code = knownRefusals[reason]
  return code ? { ok: false, code } : unlawful(reason)
}

const unlawful = (reason: CommitRefusal): BundleVerdict => ({ ok: false, code: 'unlawful_commit', reason })
