import { type ConversationId, type Epoch, type GroupNo, limits, type Roster, toBase64Url } from '@fastchat/schema'
import type { Commit } from 'ts-mls/commit.js'
import { verifyLeafNodeSignature } from 'ts-mls/leafNode.js'
import type { Proposal } from 'ts-mls/proposal.js'
import { decodePublicMessage, encodePublicMessage, type PublicMessage } from 'ts-mls/publicMessage.js'
import type { CredentialClaims } from './credential.ts'
import { decodeMessage } from './decode.ts'
import { parseGroupId } from './group-id.ts'
import { HandshakeError } from './handshake-error.ts'
import { type KeyPackageClaims, verifyKeyPackageClaims } from './key-package.ts'
import { verifyLeaf } from './leaf.ts'
import { decodeRoster, rosterExtensionType } from './roster.ts'
import { ed25519 } from './signature.ts'

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
}

/** More than any lawful commit of a full group holds; bounds the signatures that one request makes us check. */
const maxProposals = 1024

/**
 * Reads a commit, an MLSMessage with a PublicMessage (RFC 9420 §6.2), and checks all that can be checked without the
 * group's state: every key package and credential, the leaf signature of a member's path, and that there is nothing in
 * it but Add, Remove, ExternalInit and one GroupContextExtensions with the roster, all by value. Not checked here are
 * the commit's own signature and tags, which cover the group's state: the server takes the committer from the session,
 * clients from the signature.
 *
 * @param now milliseconds since 1970; the server gives it, to refuse expired key packages. A client leaves it out, since
 *   it may read the commit long after.
 * @throws HandshakeError
 */
export async function readHandshake(message: Uint8Array, { now }: { now?: number } = {}): Promise<Handshake> {
  if (message.length > limits.maxCommitBytes) throw new HandshakeError('malformed', 'commit too large')
  const publicMessage = decodeMessage(message, 'publicMessage', {
    decode: decodePublicMessage,
    encode: encodePublicMessage,
  })
  const { content } = publicMessage
  if (content.contentType !== 'commit') throw new HandshakeError('unsupported', 'not a commit')
  if (content.authenticatedData.length > 0) throw new HandshakeError('unsupported', 'authenticated data')
  if (content.epoch > Number.MAX_SAFE_INTEGER) throw new HandshakeError('malformed', 'epoch out of range')
  const sender = senderOf(publicMessage)
  const proposals = proposalsOf(content.commit)
  const updateLeaf = await pathLeafOf(content.commit, content.groupId, sender)
  const roster = rosterOf(proposals)
  const handshake: Handshake = {
    ...parseGroupId(content.groupId),
    // Any whole number up to 2^53 is an epoch.
    epoch: Number(content.epoch) as Epoch,
    sender,
    adds: await addsOf(proposals, now),
    removes: proposals.flatMap((p) => (p.proposalType === 'remove' ? [p.remove.removed] : [])),
    externalInit: proposals.some((p) => p.proposalType === 'external_init'),
    ...(roster && { roster }),
    ...(updateLeaf && { updateLeaf }),
  }
  refuseInconsistent(handshake, proposals)
  return handshake
}

function senderOf({ content: { sender } }: PublicMessage): Handshake['sender'] {
  if (sender.senderType === 'member') return { type: 'member', leafIndex: sender.leafIndex }
  if (sender.senderType === 'new_member_commit') return { type: 'external' }
  throw new HandshakeError('unsupported', 'sender is neither a member nor joining')
}

function proposalsOf(commit: Commit): Proposal[] {
  if (commit.proposals.length > maxProposals) throw new HandshakeError('malformed', 'too many proposals')
  return commit.proposals.map((item) => {
    if (item.proposalOrRefType !== 'proposal') throw new HandshakeError('unsupported', 'proposal by reference')
    const { proposal } = item
    switch (proposal.proposalType) {
      case 'add':
      case 'remove':
      case 'external_init':
      case 'group_context_extensions':
        return proposal
      default:
        throw new HandshakeError('unsupported', `proposal of type ${proposal.proposalType}`)
    }
  })
}

async function addsOf(proposals: readonly Proposal[], now: number | undefined): Promise<KeyPackageClaims[]> {
  const adds: KeyPackageClaims[] = []
  for (const proposal of proposals)
    if (proposal.proposalType === 'add') adds.push(await verifyKeyPackageClaims(proposal.add.keyPackage, now))
  return adds
}

function rosterOf(proposals: readonly Proposal[]): Roster | undefined {
  const extensionLists = proposals.flatMap((p) =>
    p.proposalType === 'group_context_extensions' ? [p.groupContextExtensions.extensions] : [],
  )
  const [extensions, ...others] = extensionLists
  if (extensions === undefined) return undefined
  const [extension] = extensions
  if (others.length > 0 || extensions.length !== 1 || extension?.extensionType !== rosterExtensionType)
    throw new HandshakeError('unsupported', 'group context extensions other than one roster')
  return decodeRoster(extension.extensionData)
}

/** The path's leaf. Where a joiner's leaf goes is not known here, and its signature covers that: clients check it. */
async function pathLeafOf(commit: Commit, groupId: Uint8Array, sender: Handshake['sender']) {
  const leaf = commit.path?.leafNode
  if (leaf === undefined) return undefined
  if (sender.type === 'member') {
    const isSigned = verifyLeafNodeSignature(leaf, groupId, sender.leafIndex, await ed25519)
    if (!(await isSigned.catch(() => false))) throw new HandshakeError('bad_signature', 'path leaf not signed')
  }
  return verifyLeaf(leaf)
}

/** Rules of RFC 9420 §12.2 and §12.4 that need no state. */
function refuseInconsistent(handshake: Handshake, proposals: readonly Proposal[]): void {
  const { adds, removes, roster, sender, externalInit, updateLeaf } = handshake
  const needsPath = proposals.length === 0 || removes.length > 0 || roster !== undefined || externalInit
  if (needsPath && updateLeaf === undefined) throw new HandshakeError('malformed', 'commit without its path')
  const externalInits = proposals.filter((p) => p.proposalType === 'external_init').length
  if (externalInits !== (sender.type === 'external' ? 1 : 0))
    throw new HandshakeError('malformed', 'ExternalInit belongs in a commit from outside, once')
  if (new Set(removes).size !== removes.length) throw new HandshakeError('malformed', 'a leaf removed twice')
  const keys = new Set(adds.map((add) => toBase64Url(add.signatureKey)))
  if (keys.size !== adds.length) throw new HandshakeError('malformed', 'a device added twice')
}
