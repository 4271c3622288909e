import type { Roster } from '@fastchat/schema'
import { decodeGroupContext, encodeGroupContext, type GroupContext } from 'ts-mls/groupContext.js'
import { sameBytes } from './bytes.ts'
import type { CredentialClaims } from './credential.ts'
import { rosterOfExtensions } from './group-context.ts'
import { type DecodedCommit, readCommit } from './handshake.ts'
import { HandshakeError } from './handshake-error.ts'
import { membersOfTree, type PublicGroup } from './public-group.ts'
import { isAdmin, isWithin, sameRules } from './roster.ts'
import { isSignedWithLabel } from './signature.ts'
import { confirmedHashAfter, interimHashOf } from './transcript.ts'

/** The commit that added a device, and the state of the group before it. */
export interface Invitation {
  /** An MLSMessage with the commit that added this device. */
  readonly commit: Uint8Array
  /** The GroupContext that the commit ended. */
  readonly priorContext: Uint8Array
  /** The confirmation tag of that epoch. */
  readonly priorTag: Uint8Array
}

/** The reason why the group of a Welcome is not credible. */
export type InvitationRefusal =
  /** The context does not follow from the former one by the commit, or is of another group. */
  | 'other_context'
  /** The committer is not in the group, or has not signed the commit for the former context. */
  | 'bad_signature'
  /** A member who was not an admin added another user, or changed the roster. */
  | 'admin_only'
  | 'malformed'

/**
 * Judges the commit that added a device by everything that a newcomer can check, who has never seen
 * the tree before the commit. The author is in the group and has signed the commit for this former
 * state. The transcript of the group continues from there. The former roster allowed the author to
 * do it.
 *
 * @param group the group that was joined by the Welcome
 * @param newcomer the device that was added
 */
export async function refusalOfInvitation(
  group: PublicGroup,
  invitation: Invitation,
  newcomer: Pick<CredentialClaims, 'userId'>,
): Promise<{ readonly reason: InvitationRefusal } | { readonly inviter: CredentialClaims }> {
  const read = readInvitation(invitation)
  if (read === undefined) return { reason: 'malformed' }
  const { commit, context, roster } = read
  if (!isNext(group, context, commit, invitation)) return { reason: 'other_context' }
  const inviter = committerIn(group, commit)
  if (inviter === undefined) return { reason: 'bad_signature' }
  const signed = [commit.signedPart, invitation.priorContext]
  if (!(await isSignedWithLabel(inviter.signatureKey, 'FramedContentTBS', signed, commit.signature)))
    return { reason: 'bad_signature' }
  return mayInvite(group.roster, roster, inviter, newcomer) ? { inviter } : { reason: 'admin_only' }
}

function readInvitation({ commit, priorContext }: Invitation) {
  try {
    const [context, length] = decodeGroupContext(priorContext, 0) ?? []
    if (context === undefined || length !== priorContext.length) return undefined
    if (!sameBytes(encodeGroupContext(context), priorContext)) return undefined
    return { commit: readCommit(commit), context, roster: rosterOfExtensions(context.extensions) }
  } catch (error) {
    if (error instanceof HandshakeError || error instanceof Error) return undefined
    throw error
  }
}

/** Checks that the group is one commit after the former context, with all that follows from it. */
function isNext(
  { context, roster }: PublicGroup,
  former: GroupContext,
  commit: DecodedCommit,
  { priorTag }: Invitation,
): boolean {
  const confirmed = confirmedHashAfter(interimHashOf(former.confirmedTranscriptHash, priorTag), commit)
  const expected = commit.handshake.roster
  const isRosterRight =
    expected === undefined ? sameExtensions(context, former) : JSON.stringify(expected) === JSON.stringify(roster)
  return (
    sameBytes(context.groupId, former.groupId) &&
    sameBytes(commit.groupId, former.groupId) &&
    context.epoch === former.epoch + 1n &&
    BigInt(commit.handshake.epoch) === former.epoch &&
    sameBytes(context.confirmedTranscriptHash, confirmed) &&
    isRosterRight
  )
}

const sameExtensions = (a: GroupContext, b: GroupContext): boolean =>
  sameBytes(encodeGroupContext({ ...a, ...withoutPosition }), encodeGroupContext({ ...b, ...withoutPosition }))

const withoutPosition = {
  groupId: new Uint8Array(),
  epoch: 0n,
  treeHash: new Uint8Array(),
  confirmedTranscriptHash: new Uint8Array(),
}

/** Finds the committer. Only a member makes a commit with a Welcome, and keeps its leaf. */
function committerIn({ tree }: PublicGroup, { handshake: { sender } }: DecodedCommit): CredentialClaims | undefined {
  if (sender.type !== 'member') return undefined
  return membersOfTree(tree).find(({ leafIndex }) => leafIndex === sender.leafIndex)
}

/**
 * Tells whether the former roster lets the inviter add the newcomer. An admin may add anybody, a
 * member a device of the same user. The creator of a group is its admin. A member who removes
 * someone who left may change the roster, but only within the former one. Where everybody may add
 * people, a member may add plain members, too. Nobody may add a user who was banned.
 */
function mayInvite(
  now: Roster,
  former: Roster,
  inviter: CredentialClaims,
  newcomer: Pick<CredentialClaims, 'userId'>,
): boolean {
  if (now.kind === 'direct') return true
  if (former.banned?.includes(newcomer.userId)) return false
  if (isAdmin(former, inviter.userId)) return true
  if (!sameRules(now, former)) return false
  if (inviter.userId === newcomer.userId && isWithin(now, former)) return true
  const isMember = former.members.some(({ userId }) => userId === inviter.userId)
  return isMember && former.policies?.add === 'everybody' && isWithin(withoutNewcomers(now, former), former)
}

/** Returns the roster without the plain members who were not in the former one. */
function withoutNewcomers(now: Roster, former: Roster): Roster {
  const known = new Set(former.members.map(({ userId }) => userId))
  return { ...now, members: now.members.filter(({ userId, role }) => known.has(userId) || role !== 'member') }
}
