import { type ConversationId, type Epoch, type GroupNo, limits, type Roster, toBase64Url } from '@fastchat/schema'
import type { KeyPackage } from 'ts-mls/keyPackage.js'
import type { Proposal } from 'ts-mls/proposal.js'
import { type CommitPath, readCommitMessage } from './commit-message.ts'
import type { CredentialClaims } from './credential.ts'
import { rosterOfExtensions } from './group-context.ts'
import { parseGroupId } from './group-id.ts'
import { HandshakeError } from './handshake-error.ts'
import { type KeyPackageClaims, readKeyPackageClaims } from './key-package.ts'
import { readLeaf, readsVersion2 } from './leaf.ts'
import { decodeVotes, type Vote } from './vote.ts'

/** The contents of a commit, in the terms of `commitPowers`, which `judgeCommit` applies. */
export interface Handshake {
  conversation: ConversationId
  groupNo: GroupNo
  /** The epoch that the commit ends. */
  epoch: Epoch
  sender: { type: 'member'; leafIndex: number } | { type: 'external' }
  /** The added devices, in the order in which they take their leaves. */
  adds: KeyPackageClaims[]
  /** The indexes of the removed leaves. */
  removes: number[]
  roster?: Roster
  externalInit: boolean
  /** The leaf that the path puts in place: the committer's, or the joiner's. */
  updateLeaf?: CredentialClaims
  /** A leaf that the commit brings reads rosters of version 1 only. */
  bringsOldLeaf?: true
  /** The votes of an election, from the commit's authenticated data. */
  votes?: Vote[]
}

/** A commit whose form was checked, but nothing else. */
export interface DecodedCommit {
  readonly handshake: Handshake
  readonly groupId: Uint8Array
  readonly keyPackages: readonly KeyPackage[]
  readonly path: CommitPath | undefined
  readonly signature: Uint8Array
  readonly confirmationTag: Uint8Array
  /** Version, wire format and FramedContent. The signature covers them and the group context. */
  readonly signedPart: Uint8Array
  /** The ConfirmedTranscriptHashInput (RFC 9420 §8.2). */
  readonly transcriptInput: Uint8Array
}

/**
 * Reads a commit: an MLSMessage with a PublicMessage (RFC 9420 §6.2). It may only hold Add, Remove,
 * ExternalInit and one GroupContextExtensions with the roster, all by value, and nothing twice. Its
 * authenticated data may hold votes. `applyCommit` checks the signatures. This function is
 * synchronous and cheap, so that junk costs little.
 *
 * @param now milliseconds since 1970. The server gives it, to reject expired key packages. A client
 *   leaves it out, because it may read the commit much later.
 * @throws HandshakeError
 */
export function readCommit(message: Uint8Array, { now }: { now?: number } = {}): DecodedCommit {
  if (message.length > limits.maxCommitBytes) throw new HandshakeError('malformed', 'commit too large')
  const { groupId, epoch, sender, authenticatedData, proposals, path, ...framing } = readCommitMessage(message)
  if (epoch > Number.MAX_SAFE_INTEGER) throw new HandshakeError('malformed', 'epoch out of range')
  refuseRepetition(proposals)
  const keyPackages = proposals.flatMap((p) => (p.proposalType === 'add' ? [p.add.keyPackage] : []))
  const roster = rosterOf(proposals)
  const handshake: Handshake = {
    ...parseGroupId(groupId),
    // The cast holds: any whole number up to 2^53 is an epoch.
    epoch: Number(epoch) as Epoch,
    sender,
    adds: keyPackages.map((keyPackage) => readKeyPackageClaims(keyPackage, now)),
    removes: proposals.flatMap((p) => (p.proposalType === 'remove' ? [p.remove.removed] : [])),
    externalInit: proposals.some((p) => p.proposalType === 'external_init'),
    ...(roster && { roster }),
    ...(path && { updateLeaf: claimsOf(path) }),
    ...(bringsOldLeaf(keyPackages, path) && { bringsOldLeaf: true as const }),
    ...(authenticatedData.length > 0 && { votes: decodeVotes(authenticatedData) }),
  }
  refuseInconsistent(handshake, proposals)
  return { handshake, groupId, keyPackages, path, ...framing }
}

/** Runs before costlier checks, so that 1 000 copies of one Add cost no 1 000 key packages. */
function refuseRepetition(proposals: readonly Proposal[]): void {
  const removes = proposals.flatMap((p) => (p.proposalType === 'remove' ? [p.remove.removed] : []))
  if (new Set(removes).size !== removes.length) throw new HandshakeError('malformed', 'a leaf removed twice')
  const packages = proposals.flatMap((p) => (p.proposalType === 'add' ? [p.add.keyPackage] : []))
  const signatureKeys = new Set(packages.map(({ leafNode }) => toBase64Url(leafNode.signaturePublicKey)))
  const encryptionKeys = packages.flatMap(({ initKey, leafNode }) => [initKey, leafNode.hpkePublicKey].map(toBase64Url))
  if (signatureKeys.size !== packages.length || new Set(encryptionKeys).size !== encryptionKeys.length)
    throw new HandshakeError('malformed', 'a device added twice')
}

function rosterOf(proposals: readonly Proposal[]): Roster | undefined {
  const extensionLists = proposals.flatMap((p) =>
    p.proposalType === 'group_context_extensions' ? [p.groupContextExtensions.extensions] : [],
  )
  const [extensions, ...others] = extensionLists
  if (extensions === undefined) return undefined
  if (others.length > 0) throw new HandshakeError('unsupported', 'group context extensions twice')
  return rosterOfExtensions(extensions)
}

const bringsOldLeaf = (keyPackages: readonly KeyPackage[], path: CommitPath | undefined): boolean =>
  [...keyPackages, ...(path ? [path] : [])].some(({ leafNode }) => !readsVersion2(leafNode))

function claimsOf({ leafNode }: CommitPath): CredentialClaims {
  const { sig: _, ...claims } = readLeaf(leafNode)
  return claims
}

/** Checks the rules of RFC 9420 §12.2 and §12.4 that need no state. */
function refuseInconsistent(
  { epoch, adds, removes, roster, sender, externalInit, updateLeaf, votes }: Handshake,
  proposals: readonly Proposal[],
): void {
  const needsPath = proposals.length === 0 || removes.length > 0 || roster !== undefined || externalInit
  if (needsPath && updateLeaf === undefined) throw new HandshakeError('malformed', 'commit without its path')
  const externalInits = proposals.filter((p) => p.proposalType === 'external_init').length
  if (externalInits !== (sender.type === 'external' ? 1 : 0))
    throw new HandshakeError('malformed', 'ExternalInit belongs in a commit from outside, once')
  const isElection = sender.type === 'member' && epoch > 0 && adds.length === 0 && roster !== undefined
  if (votes !== undefined && !isElection) throw new HandshakeError('malformed', 'votes without an election')
}
