import type { Roster } from '@fastchat/schema'
import { decodeGroupContext, encodeGroupContext, type GroupContext } from 'ts-mls/groupContext.js'
import { sameBytes } from './bytes.ts'
import type { CredentialClaims } from './credential.ts'
import { rosterOfExtensions } from './group-context.ts'
import { type DecodedCommit, readCommit } from './handshake.ts'
import { HandshakeError } from './handshake-error.ts'
import { membersOfTree, type PublicGroup } from './public-group.ts'
import { isAdmin, isWithin } from './roster.ts'
import { isSignedWithLabel } from './signature.ts'
import { confirmedHashAfter, interimHashOf } from './transcript.ts'

/** What a device is told that a commit has brought in: the commit, and the state of the group before it. */
export interface Invitation {
  /** MLSMessage with the commit that let this device in. */
  readonly commit: Uint8Array
  /** GroupContext that the commit ended. */
  readonly priorContext: Uint8Array
  /** Confirmation tag of that group. */
  readonly priorTag: Uint8Array
}

/** Why a Welcome leads into no group that we can believe in. */
export type InvitationRefusal =
  /** The context is not what the commit makes of the former one, or of another group. */
  | 'other_context'
  /** The committer is not in the group, or has not signed the commit for the former context. */
  | 'bad_signature'
  /** Somebody who was no admin has let in another user, or changed the roster. */
  | 'admin_only'
  | 'malformed'

/**
 * Judges the commit that let a device in, by what a newcomer can check (it has never seen the tree before the commit): that its
 * author, who is in the group, has signed it for just that former state; that the transcript of the group goes on from there; and
 * that the former roster gave the author the power to do it.
 *
 * @param group the group that was joined by the Welcome
 * @param newcomer the device that was let in
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

/** Whether the joined group is one commit after the former context: same group, next epoch, transcript and roster that follow. */
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
  sameBytes(encodeGroupContext({ ...a, ...placeless }), encodeGroupContext({ ...b, ...placeless }))

const placeless = {
  groupId: new Uint8Array(),
  epoch: 0n,
  treeHash: new Uint8Array(),
  confirmedTranscriptHash: new Uint8Array(),
}

/** A commit with a Welcome is a member's; its author keeps its leaf. */
function committerIn({ tree }: PublicGroup, { handshake: { sender } }: DecodedCommit): CredentialClaims | undefined {
  if (sender.type !== 'member') return undefined
  return membersOfTree(tree).find(({ leafIndex }) => leafIndex === sender.leafIndex)
}

/**
 * An admin may let in anybody; anybody lets in a device of their own. The creator of a group is its admin. A member who removes
 * somebody that left may have changed the roster by that, but to nothing that the former roster did not give.
 */
function mayInvite(
  now: Roster,
  former: Roster,
  inviter: CredentialClaims,
  newcomer: Pick<CredentialClaims, 'userId'>,
): boolean {
  if (now.kind === 'direct' || isAdmin(former, inviter.userId)) return true
  return inviter.userId === newcomer.userId && isWithin(now, former)
}
