import { type ConversationId, type Epoch, type GroupNo, limits, type Roster, toBase64Url } from '@fastchat/schema'
import type { KeyPackage } from 'ts-mls/keyPackage.js'
import type { Proposal } from 'ts-mls/proposal.js'
import { type CommitPath, readCommitMessage } from './commit-message.ts'
import type { CredentialClaims } from './credential.ts'
import { rosterOfExtensions } from './group-context.ts'
import { parseGroupId } from './group-id.ts'
import { HandshakeError } from './handshake-error.ts'
import { type KeyPackageClaims, readKeyPackageClaims } from './key-package.ts'
import { readLeaf } from './leaf.ts'
import { decodeVotes, type Vote } from './vote.ts'

/** What a commit says, in the terms of the table of who may commit what (`judgeCommit`). */
export interface Handshake {
  conversation: ConversationId
  groupNo: GroupNo
  /** The epoch that the commit ends. */
  epoch: Epoch
  sender: { type: 'member'; leafIndex: number } | { type: 'external' }
  /** In the order in which they take their leaves. */
  adds: KeyPackageClaims[]
  /** Leaf indexes. */
  removes: number[]
  roster?: Roster
  externalInit: boolean
  /** The leaf that the commit's path puts in place: the committer's own, or the joiner's. */
  updateLeaf?: CredentialClaims
  /** The votes of an election, from the commit's authenticated data. */
  votes?: Vote[]
}

/** A commit as it was read: nothing in it is verified yet but its form. */
export interface DecodedCommit {
  readonly handshake: Handshake
  readonly groupId: Uint8Array
  readonly keyPackages: readonly KeyPackage[]
  readonly path: CommitPath | undefined
  readonly signature: Uint8Array
  readonly confirmationTag: Uint8Array
  /** Version, wire format and FramedContent: what the signature covers, but for the group context behind it. */
  readonly signedPart: Uint8Array
  /** ConfirmedTranscriptHashInput (RFC 9420 §8.2). */
  readonly transcriptInput: Uint8Array
}

/**
 * Reads a commit, an MLSMessage with a PublicMessage (RFC 9420 §6.2): there must be nothing in it but Add, Remove, ExternalInit
 * and one GroupContextExtensions with the roster, all by value, and nothing twice. Authenticated data may hold votes. No signature is checked: `applyCommit` does.
 * Synchronous and cheap, so that junk costs little.
 *
 * @param now milliseconds since 1970; the server gives it, to refuse expired key packages. A client leaves it out, since
 *   it may read the commit long after.
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
    // Any whole number up to 2^53 is an epoch.
    epoch: Number(epoch) as Epoch,
    sender,
    adds: keyPackages.map((keyPackage) => readKeyPackageClaims(keyPackage, now)),
    removes: proposals.flatMap((p) => (p.proposalType === 'remove' ? [p.remove.removed] : [])),
    externalInit: proposals.some((p) => p.proposalType === 'external_init'),
    ...(roster && { roster }),
    ...(path && { updateLeaf: claimsOf(path) }),
    ...(authenticatedData.length > 0 && { votes: decodeVotes(authenticatedData) }),
  }
  refuseInconsistent(handshake, proposals)
  return { handshake, groupId, keyPackages, path, ...framing }
}

/** Before anything that costs more: 1 000 copies of one Add must not make us check 1 000 key packages. */
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

function claimsOf({ leafNode }: CommitPath): CredentialClaims {
  const { sig: _, ...claims } = readLeaf(leafNode)
  return claims
}

/** Rules of RFC 9420 §12.2 and §12.4 that need no state. */
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
