import type { GroupContext } from 'ts-mls/groupContext.js'
import { sameBytes } from './bytes.ts'
import type { CommitChange } from './commit-change.ts'
import type { CommitPath } from './commit-message.ts'
import type { CommitRefusal } from './commit-rules.ts'
import type { CredentialClaims } from './credential.ts'
import { groupExtensionsOf } from './group-context.ts'
import type { DecodedCommit } from './handshake.ts'
import { HandshakeError } from './handshake-error.ts'
import { isUsableHpkeKey } from './hpke-key.ts'
import type { CommitCase, CommitJudgement } from './judge-commit.ts'
import { verifyKeyPackageSignatures } from './key-package.ts'
import { readLeaf, verifyClaims } from './leaf.ts'
import { isLeafSigned, type LeafPosition } from './leaf-signature.ts'
import { claimsOfLeaf, membersOfTree, momentOf, type PublicGroup, publicGroupWith } from './public-group.ts'
import { isSignedWithLabel } from './signature.ts'
import { confirmedHashAfter } from './transcript.ts'
import type { PublicTree } from './tree/public-tree.ts'
import { treeLeaf } from './tree/tree-nodes.ts'
import { keepsKeysDistinct } from './tree/validate-tree.ts'
import { isVoteSigned } from './vote.ts'

/** Judges by `commitPowers` who may commit what, after the signature was checked. */
export type Judge = (state: CommitCase['state'], committer: CredentialClaims) => CommitJudgement

export type AppliedCommit =
  | {
      readonly ok: true
      readonly group: PublicGroup
      readonly change: CommitChange
      readonly committer: CredentialClaims & { readonly leafIndex: number }
    }
  | { readonly ok: false; readonly reason: CommitRefusal }

/**
 * Applies a commit to a group: every step of RFC 9420 §12.4.2 that needs no secret, the cheapest
 * first. Server and clients run this function, so each client accepts what the server accepts. It
 * cannot check the tags and the path secrets, which need keys.
 *
 * @param judge applies `commitPowers`, with the departures and revocations that the caller knows
 */
export async function applyCommit(group: PublicGroup, commit: DecodedCommit, judge: Judge): Promise<AppliedCommit> {
  try {
    return await apply(group, commit, judge)
  } catch (error) {
    if (error instanceof HandshakeError) return { ok: false, reason: error.code }
    throw error
  }
}

async function apply(group: PublicGroup, commit: DecodedCommit, judge: Judge): Promise<AppliedCommit> {
  const { context, tree } = group
  if (!sameBytes(commit.groupId, context.groupId)) return refused('wrong_group')
  if (BigInt(commit.handshake.epoch) !== context.epoch) return refused('stale_epoch')
  const committer = committerOf(tree, commit)
  if (committer === undefined) return refused('no_such_leaf')
  if (
    !(await isSignedWithLabel(
      committer.signatureKey,
      'FramedContentTBS',
      [commit.signedPart, group.contextBytes],
      commit.signature,
    ))
  )
    return refused('bad_signature')

  const judgement = judge(stateOf(group), committer)
  if (!judgement.ok) return judgement
  if (!(await areVotesSigned(group, commit.handshake))) return refused('bad_vote')

  const proposed = applyProposals(tree, commit)
  const { leafIndex } = proposed
  const next = commit.path === undefined ? proposed.tree : applyPath(proposed, commit.path)
  if (next === undefined) return refused('bad_path')
  if (!keepsKeysDistinct(tree, next)) return refused('duplicate_key')

  for (const keyPackage of commit.keyPackages) await verifyKeyPackageSignatures(keyPackage)
  if (commit.path !== undefined) await verifyPathLeaf(tree, commit.path, { groupId: context.groupId, leafIndex })

  const nextContext: GroupContext = {
    ...context,
    epoch: context.epoch + 1n,
    treeHash: next.hash,
    confirmedTranscriptHash: confirmedHashAfter(group.interimTranscriptHash, commit),
    ...(commit.handshake.roster && { extensions: groupExtensionsOf(commit.handshake.roster) }),
  }
  const { roster } = judgement.change
  const applied = publicGroupWith({ context: nextContext, tree: next, roster }, commit.confirmationTag)
  return { ok: true, group: applied, change: judgement.change, committer: { ...committer, leafIndex } }
}

/** Checks every vote with the signature key of the voter's leaf. */
async function areVotesSigned(group: PublicGroup, { votes = [] }: DecodedCommit['handshake']): Promise<boolean> {
  if (votes.length === 0) return true
  const subject = stateOf(group)
  for (const vote of votes) {
    const leaf = subject.leaves.find(({ deviceId }) => deviceId === vote.deviceId)
    if (leaf?.signatureKey === undefined || leaf.userId !== vote.userId) return false
    if (!(await isVoteSigned(subject, vote, leaf.signatureKey))) return false
  }
  return true
}

const refused = (reason: CommitRefusal) => ({ ok: false, reason }) as const

function committerOf(tree: PublicTree, { handshake: { sender, updateLeaf } }: DecodedCommit) {
  if (sender.type === 'external') return updateLeaf
  const leaf = tree.leafAt(sender.leafIndex)
  return leaf && claimsOfLeaf(leaf)
}

function stateOf({ context, tree, roster }: PublicGroup): CommitCase['state'] {
  const { conversation, groupNo, epoch } = momentOf({ context })
  return { conversation, groupNo, epoch, roster, leaves: membersOfTree(tree) }
}

type Proposed = { readonly tree: PublicTree; readonly leafIndex: number; readonly added: ReadonlySet<number> }

/** Applies removes, then adds or the external joiner (RFC 9420 §12.3). */
function applyProposals(before: PublicTree, { handshake, keyPackages, path }: DecodedCommit): Proposed {
  let tree = handshake.removes.reduce((after, leafIndex) => after.remove(leafIndex), before)
  if (handshake.sender.type === 'external' && path !== undefined)
    return { ...tree.add(treeLeaf(path.leafNode)), added: new Set() }
  const added = new Set<number>()
  for (const { leafNode } of keyPackages) {
    const grown = tree.add(treeLeaf(leafNode))
    tree = grown.tree
    added.add(2 * grown.leafIndex)
  }
  return { tree, leafIndex: handshake.sender.type === 'member' ? handshake.sender.leafIndex : 0, added }
}

/** Returns undefined when the path does not fit the tree, or its parent hashes are wrong. */
function applyPath({ tree, leafIndex, added }: Proposed, path: CommitPath): PublicTree | undefined {
  const steps = tree.filteredDirectPathOf(leafIndex)
  const isOfThisTree =
    path.nodes.length === steps.length &&
    steps.every(({ copathChild }, at) => {
      const node = path.nodes[at]
      const readers = tree.resolutionOf(copathChild).filter((reader) => !added.has(reader))
      return node?.ciphertexts === readers.length && node.areWhole
    })
  const publicKeys = path.nodes.map((node) => node.hpkePublicKey)
  if (!isOfThisTree || !publicKeys.every(isUsableHpkeKey)) return undefined
  const isNew = !sameBytes(tree.leafAt(leafIndex)?.leaf.hpkePublicKey ?? new Uint8Array(), path.leafNode.hpkePublicKey)
  const { tree: next, leafParentHash } = tree.withPath(leafIndex, path.leafNode, publicKeys)
  const isJoiner = tree.leafAt(leafIndex)?.leaf === path.leafNode
  const { leafNode } = path
  const hasHash = leafNode.leafNodeSource === 'commit' && sameBytes(leafNode.parentHash, leafParentHash)
  return hasHash && (isNew || isJoiner) ? next : undefined
}

/** Checks the leaf of a path. A credential that is in the tree already was checked before. */
async function verifyPathLeaf(before: PublicTree, { leafNode }: CommitPath, position: LeafPosition): Promise<void> {
  if (!(await isLeafSigned(leafNode, position))) throw new HandshakeError('bad_signature', 'path leaf not signed')
  const known = before.leafAt(position.leafIndex)?.leaf
  const isKnown =
    known?.credential.credentialType === 'basic' &&
    leafNode.credential.credentialType === 'basic' &&
    sameBytes(known.credential.identity, leafNode.credential.identity) &&
    sameBytes(known.signaturePublicKey, leafNode.signaturePublicKey)
  if (!isKnown) await verifyClaims(readLeaf(leafNode))
}
