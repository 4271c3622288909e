import type { Epoch, Roster } from '@fastchat/schema'
import { encodeGroupContext, type GroupContext } from 'ts-mls/groupContext.js'
import type { LeafNode } from 'ts-mls/leafNode.js'
import { sameBytes } from './bytes.ts'
import { type CredentialClaims, readIdentity } from './credential.ts'
import { rosterOfExtensions } from './group-context.ts'
import { parseGroupId } from './group-id.ts'
import { isGroupInfoSignedBy, type SignedGroup } from './group-info.ts'
import { HandshakeError } from './handshake-error.ts'
import { cipherSuiteName, readsVersion2, verifyLeaf } from './leaf.ts'
import { isLeafSigned } from './leaf-signature.ts'
import type { GroupMoment } from './leave.ts'
import { maxLeaves } from './max-leaves.ts'
import { interimHashOf } from './transcript.ts'
import { PublicTree } from './tree/public-tree.ts'
import type { TreeLeaf } from './tree/tree-nodes.ts'
import { refusalOfTree } from './tree/validate-tree.ts'

/**
 * A group without its secrets: everything that an observer of the handshakes can compute (RFC 9420
 * §8, §12.4.2). Immutable. Each GroupInfo describes one, because the interim transcript hash
 * follows from its confirmation tag.
 */
export interface PublicGroup {
  readonly context: GroupContext
  readonly contextBytes: Uint8Array
  readonly tree: PublicTree
  readonly roster: Roster
  /** The tag of the commit that began the epoch, or of the initial group info. */
  readonly confirmationTag: Uint8Array
  readonly interimTranscriptHash: Uint8Array
}

export interface PublicMember extends CredentialClaims {
  readonly leafIndex: number
  /** The device reads rosters of version 1 only. */
  readonly isOld?: true
}

/** The node count of a tree twice the largest group, because lawful commits leave blank leaves. */
export const maxTreeNodes = 2 * (2 * maxLeaves) - 1

/**
 * Returns the public group that a GroupInfo describes, and checks the hash of its tree. It checks
 * no signature: use it for a GroupInfo that was checked before it was stored.
 *
 * @throws HandshakeError
 */
export function publicGroupOf({ context, contextBytes, ratchetTree, confirmationTag }: SignedGroup): PublicGroup {
  const tree = PublicTree.decode(ratchetTree, maxTreeNodes)
  if (context.version !== 'mls10' || context.cipherSuite !== cipherSuiteName)
    throw new HandshakeError('unsupported', 'another version or cipher suite')
  if (!sameBytes(tree.hash, context.treeHash)) throw new HandshakeError('malformed', 'tree of another hash')
  const interimTranscriptHash = interimHashOf(context.confirmedTranscriptHash, confirmationTag)
  return {
    context,
    contextBytes,
    tree,
    roster: rosterOfExtensions(context.extensions),
    confirmationTag,
    interimTranscriptHash,
  }
}

/**
 * Returns the public group of a GroupInfo from anyone. It checks the tree, every leaf and the
 * signature (RFC 9420 §12.4.3.1). That proves only that one of its members made it. The caller must
 * find out whether it is the expected group.
 *
 * @throws HandshakeError
 */
export async function verifyPublicGroup(info: SignedGroup): Promise<PublicGroup> {
  const group = publicGroupOf(info)
  const { tree, context } = group
  const signer = tree.leafAt(info.signer)
  if (signer === undefined || !(await isGroupInfoSignedBy(info, signer.leaf.signaturePublicKey)))
    throw new HandshakeError('bad_signature', 'group info not signed by its signer')
  const refusal = refusalOfTree(tree)
  if (refusal !== undefined) throw new HandshakeError('malformed', `tree: ${refusal}`)
  for (const { leafIndex, leaf } of tree.leaves()) {
    await verifyLeaf(leaf)
    if (!(await isLeafSigned(leaf, { groupId: context.groupId, leafIndex })))
      throw new HandshakeError('bad_signature', 'leaf not signed by its device')
  }
  return group
}

/**
 * Returns the group of a GroupInfo of epoch 0, in which the creator is alone. The first commit is
 * applied to it.
 *
 * @throws HandshakeError
 */
export async function verifyNewGroup(info: SignedGroup): Promise<PublicGroup> {
  const { epoch, confirmedTranscriptHash } = info.context
  if (epoch !== 0n || confirmedTranscriptHash.length > 0 || info.signer !== 0)
    throw new HandshakeError('malformed', 'not the group info of a new group')
  const group = await verifyPublicGroup(info)
  if (group.tree.nodes.length !== 1) throw new HandshakeError('malformed', 'a new group with more than its creator')
  return group
}

/** Returns the group with this context after a commit with this confirmation tag. */
export function publicGroupWith(
  group: Pick<PublicGroup, 'context' | 'tree' | 'roster'>,
  confirmationTag: Uint8Array,
): PublicGroup {
  const interimTranscriptHash = interimHashOf(group.context.confirmedTranscriptHash, confirmationTag)
  return { ...group, contextBytes: encodeGroupContext(group.context), confirmationTag, interimTranscriptHash }
}

/** Returns the values by which a statement names this state of the group. */
export function momentOf({ context }: Pick<PublicGroup, 'context'>): GroupMoment {
  const { groupId, epoch, confirmedTranscriptHash: transcript } = context
  // The cast holds: commits above epoch 2^53 are rejected.
  return { ...parseGroupId(groupId), epoch: Number(epoch) as Epoch, transcript }
}

/** Compares two moments of a group. */
export function sameMoment(a: GroupMoment, b: GroupMoment): boolean {
  return (
    a.conversation === b.conversation &&
    a.groupNo === b.groupNo &&
    a.epoch === b.epoch &&
    sameBytes(a.transcript, b.transcript)
  )
}

/** Returns the devices on the leaves, by ascending leaf index. */
export function membersOfTree(tree: PublicTree): PublicMember[] {
  const members: PublicMember[] = []
  for (let at = 0; at < tree.nodes.length; at += 2) {
    const node = tree.nodes[at]
    if (node?.type !== 'leaf') continue
    const { userId, deviceId, accountKey, signatureKey } = claimsOfLeaf(node)
    const isOld = !readsVersion2(node.leaf)
    members.push({ leafIndex: at / 2, userId, deviceId, accountKey, signatureKey, ...(isOld && { isOld }) })
  }
  return members
}

/**
 * Returns the device of a leaf, whose credential was verified when it entered the tree.
 *
 * @throws HandshakeError when the leaf is blank
 */
export function claimsOfLeaf(leaf: TreeLeaf | undefined): CredentialClaims {
  if (leaf === undefined) throw new HandshakeError('malformed', 'blank leaf')
  leaf.claims ??= readClaims(leaf.leaf)
  return leaf.claims
}

function readClaims({ credential, signaturePublicKey }: LeafNode): CredentialClaims {
  if (credential.credentialType !== 'basic') throw new HandshakeError('unsupported', 'credential is not basic')
  const { sig: _, ...claims } = readIdentity(credential.identity, signaturePublicKey)
  return claims
}
