import { decodeLeafNode, encodeLeafNode, type LeafNode } from 'ts-mls/leafNode.js'
import type { Proposal } from 'ts-mls/proposal.js'
import { decodeProposalOrRef, encodeProposalOrRef } from 'ts-mls/proposalOrRefType.js'
import { decodeItem, wireFormats } from './decode.ts'
import { HandshakeError } from './handshake-error.ts'
import { maxLeaves } from './max-leaves.ts'
import { TlsReader } from './tls-reader.ts'

/** An UpdatePath (RFC 9420 §7.6) without its ciphertexts, which only members can decrypt. */
export interface CommitPath {
  readonly leafNode: LeafNode
  /** The nodes of the path, from the lowest. */
  readonly nodes: readonly PathNode[]
}

export interface PathNode {
  readonly hpkePublicKey: Uint8Array
  readonly ciphertexts: number
  /** Whether each ciphertext has the length of an encrypted path secret. */
  readonly areWhole: boolean
}

/** A commit and the positions of its parts in the message. */
export interface CommitMessage {
  readonly groupId: Uint8Array
  readonly epoch: bigint
  readonly sender: { readonly type: 'member'; readonly leafIndex: number } | { readonly type: 'external' }
  readonly authenticatedData: Uint8Array
  readonly proposals: readonly Proposal[]
  readonly path: CommitPath | undefined
  readonly signature: Uint8Array
  readonly confirmationTag: Uint8Array
  /** Version, wire format and FramedContent. The signature covers them and the group context. */
  readonly signedPart: Uint8Array
  /** The ConfirmedTranscriptHashInput (RFC 9420 §8.2). */
  readonly transcriptInput: Uint8Array
}

/** The first commit of a full group adds all members except its creator, and sets the roster. */
const maxProposals = maxLeaves
/** The number of nodes above a leaf in the largest tree. */
const maxPathNodes = Math.ceil(Math.log2(2 * maxLeaves))
const versionBytes = 2
const tagBytes = 32
/** The values of SenderType and ContentType (RFC 9420 §6). */
const senders = { member: 1, external: 2, newMemberProposal: 3, newMemberCommit: 4 }
const contentTypes = { application: 1, proposal: 2, commit: 3 }
/** The sizes of an X25519 key and of the AEAD ciphertext of a 32-byte path secret (suite 1). */
const kemOutputBytes = 32
const ciphertextBytes = 32 + 16

/**
 * Reads an MLSMessage with a PublicMessage (RFC 9420 §6.2) that is a commit with proposals by
 * value. It accepts only the one encoding that the engine writes for the same contents. Of the
 * ciphertexts, which fill most of a large commit, it reads only the lengths.
 *
 * @throws HandshakeError `malformed`, `unsupported`
 */
export function readCommitMessage(message: Uint8Array): CommitMessage {
  const reader = new TlsReader(message)
  if (reader.uint16() !== 1 || reader.uint16() !== wireFormats.publicMessage)
    throw new HandshakeError('malformed', 'not an MLSMessage with a PublicMessage')
  const groupId = reader.vector()
  const epoch = reader.uint64()
  const sender = readSender(reader)
  const authenticatedData = reader.vector()
  refuseOtherContent(reader.uint8())
  const proposals = readProposals(reader.vector())
  const path = readPath(reader)
  const signedPart = message.subarray(0, reader.at)
  const signature = reader.vector()
  const transcriptInput = message.subarray(versionBytes, reader.at)
  const confirmationTag = readTag(reader)
  if (sender.type === 'member') readTag(reader)
  reader.end()
  const framing = { signature, confirmationTag, signedPart, transcriptInput }
  return { groupId, epoch, sender, authenticatedData, proposals, path, ...framing }
}

function readSender(reader: TlsReader): CommitMessage['sender'] {
  const type = reader.uint8()
  if (type === senders.member) return { type: 'member', leafIndex: reader.uint32() }
  if (type === senders.newMemberCommit) return { type: 'external' }
  if (type === senders.external || type === senders.newMemberProposal)
    throw new HandshakeError('unsupported', 'sender is neither a member nor joining')
  throw new HandshakeError('malformed', 'sender of no known type')
}

function refuseOtherContent(type: number): void {
  if (type === contentTypes.commit) return
  const isKnown = type === contentTypes.application || type === contentTypes.proposal
  throw new HandshakeError(isKnown ? 'unsupported' : 'malformed', 'not a commit')
}

function readProposals(list: Uint8Array): Proposal[] {
  const reader = new TlsReader(list)
  const proposals: Proposal[] = []
  while (!reader.isAtEnd) {
    if (proposals.length === maxProposals) throw new HandshakeError('malformed', 'too many proposals')
    proposals.push(readProposal(reader))
  }
  return proposals
}

function readProposal(reader: TlsReader): Proposal {
  const { value: item } = decodeItem(reader, { decode: decodeProposalOrRef, encode: encodeProposalOrRef })
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
}

function readPath(reader: TlsReader): CommitPath | undefined {
  const presence = reader.uint8()
  if (presence === 0) return undefined
  if (presence !== 1) throw new HandshakeError('malformed', 'path neither there nor absent')
  const { value: leafNode } = decodeItem(reader, { decode: decodeLeafNode, encode: encodeLeafNode })
  if (leafNode.leafNodeSource !== 'commit') throw new HandshakeError('malformed', 'leaf of a path from elsewhere')
  const list = new TlsReader(reader.vector())
  const nodes: PathNode[] = []
  while (!list.isAtEnd) {
    if (nodes.length === maxPathNodes) throw new HandshakeError('malformed', 'path longer than any tree is high')
    nodes.push(readPathNode(list))
  }
  return { leafNode, nodes }
}

function readPathNode(reader: TlsReader): PathNode {
  const hpkePublicKey = reader.vector()
  const list = new TlsReader(reader.vector())
  let ciphertexts = 0
  let areWhole = true
  while (!list.isAtEnd) {
    const kemOutput = list.skipVector()
    const ciphertext = list.skipVector()
    ciphertexts++
    areWhole &&= kemOutput === kemOutputBytes && ciphertext === ciphertextBytes
  }
  return { hpkePublicKey, ciphertexts, areWhole }
}

function readTag(reader: TlsReader): Uint8Array {
  const tag = reader.vector()
  if (tag.length !== tagBytes) throw new HandshakeError('malformed', 'tag of another length')
  return tag
}
