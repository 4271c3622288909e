import type { Roster } from '@fastchat/schema'
import { createCommit, createGroupInfoWithExternalPubAndRatchetTree, encodeMlsMessage } from 'ts-mls'
import type { ClientState } from 'ts-mls/clientState.js'
import { decodeKeyPackage, encodeKeyPackage } from 'ts-mls/keyPackage.js'
import type { Proposal } from 'ts-mls/proposal.js'
import { decodeMessage } from '../verify/decode.ts'
import { groupExtensionsOf } from '../verify/group-context.ts'
import { readKeyPackage } from '../verify/key-package.ts'
import { leafCapabilities } from '../verify/leaf.ts'
import { encodeVotes, type Vote } from '../verify/vote.ts'
import type { Trust } from './check-tree.ts'
import { cipherSuite } from './engine.ts'
import { UnlawfulCommit } from './errors.ts'

/**
 * The changes of a commit. An empty intent only renews the committer's keys. The server and the
 * other members judge whether the commit is lawful.
 */
export interface CommitIntent {
  /** Key packages (MLSMessage) of devices to add. */
  add?: readonly Uint8Array[]
  /** The indexes of the leaves to remove. */
  remove?: readonly number[]
  roster?: Roster
  /** The votes of an election, kept in the commit's authenticated data. */
  votes?: readonly Vote[]
  /** Called once with the claims of all devices to be added. */
  trust: Trust
}

/**
 * @throws HandshakeError for an invalid key package
 * @throws UnlawfulCommit `untrusted`
 */
export async function commitToGroup(state: ClientState, intent: CommitIntent) {
  const suite = await cipherSuite
  const extraProposals = await proposalsOf(intent)
  const { newState, commit, welcome, consumed } = await createCommit(
    { state, cipherSuite: suite },
    {
      ...{ wireAsPublicMessage: true, ratchetTreeExtension: true, extraProposals, leafCapabilities },
      ...(intent.votes && { authenticatedData: encodeVotes(intent.votes) }),
    },
  )
  return {
    state: newState,
    consumed,
    commit: encodeMlsMessage(commit),
    ...(welcome && { welcome: encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome }) }),
    groupInfo: await encodeGroupInfoOf(newState),
  }
}

/** Encodes a GroupInfo with tree and external key, for external joins (RFC 9420 §12.4.3). */
export async function encodeGroupInfoOf(state: ClientState): Promise<Uint8Array> {
  const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(state, [], await cipherSuite)
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo })
}

/** Returns the external key, which every member derives (RFC 9420 §8.3). */
export async function externalPubOf({ keySchedule }: ClientState): Promise<Uint8Array> {
  const { hpke } = await cipherSuite
  return hpke.exportPublicKey((await hpke.deriveKeyPair(keySchedule.externalSecret)).publicKey)
}

async function proposalsOf({ add = [], remove = [], roster, trust }: CommitIntent): Promise<Proposal[]> {
  const proposals: Proposal[] = []
  if (roster !== undefined) {
    const extensions = groupExtensionsOf(roster)
    proposals.push({ proposalType: 'group_context_extensions', groupContextExtensions: { extensions } })
  }
  for (const removed of remove) proposals.push({ proposalType: 'remove', remove: { removed } })
  const claims = await Promise.all(add.map((message) => readKeyPackage(message)))
  if (!(await trust(claims))) throw new UnlawfulCommit('untrusted')
  for (const message of add) {
    const codec = { decode: decodeKeyPackage, encode: encodeKeyPackage }
    proposals.push({ proposalType: 'add', add: { keyPackage: decodeMessage(message.slice(), 'keyPackage', codec) } })
  }
  return proposals
}
