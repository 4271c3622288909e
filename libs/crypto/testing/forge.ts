/** Forges messages with the engine that `Group` would never make, for tests. */
import { createCommit, decodeGroupState, decodeMlsMessage, encodeMlsMessage, joinGroupExternal } from 'ts-mls'
import type { ClientState } from 'ts-mls/clientState.js'
import type { Commit } from 'ts-mls/commit.js'
import { createContentCommitSignature } from 'ts-mls/framedContent.js'
import { type GroupInfo, signGroupInfo } from 'ts-mls/groupInfo.js'
import { type LeafNodeCommit, signLeafNodeCommit } from 'ts-mls/leafNode.js'
import { protectPublicMessage } from 'ts-mls/messageProtectionPublic.js'
import type { Proposal } from 'ts-mls/proposal.js'
import type { PublicMessage } from 'ts-mls/publicMessage.js'
import { encodeGroupInfoOf } from '../src/mls/commit-to-group.ts'
import { credentialOf, type DeviceIdentity } from '../src/mls/device.ts'
import { cipherSuite, engineConfig } from '../src/mls/engine.ts'
import { Group } from '../src/mls/group.ts'
import { createOwnLeaf } from '../src/mls/key-package.ts'
import { conversation, createDevice, createPackage, groupNo, groupRoster, type Person, trustAll } from './people.ts'

/** Returns the engine's state inside a group. */
export function stateOf(group: Group): ClientState {
  const state = decodeGroupState(group.encode().slice(1), 0)?.[0]
  if (state === undefined) throw new Error('undecodable')
  return { ...state, clientConfig: engineConfig }
}

export function decodeGroupInfoMessage(bytes: Uint8Array): GroupInfo {
  const message = decodeMlsMessage(bytes, 0)?.[0]
  if (message?.wireformat !== 'mls_group_info') throw new Error('no GroupInfo')
  return message.groupInfo
}

export const encodePublic = (publicMessage: PublicMessage): Uint8Array =>
  encodeMlsMessage({ version: 'mls10', wireformat: 'mls_public_message', publicMessage })

/** Changes a member's commit and signs it again, as the client of a dishonest member would. */
export async function forgeCommit(
  by: Group,
  commit: Uint8Array,
  change: (commit: Commit) => Commit,
): Promise<Uint8Array> {
  const message = decodeMlsMessage(commit, 0)?.[0]
  if (message?.wireformat !== 'mls_public_message') throw new Error('no PublicMessage')
  const { publicMessage } = message
  const { content, auth } = publicMessage
  if (content.contentType !== 'commit') throw new Error('no commit')
  const { groupContext, signaturePrivateKey } = stateOf(by)
  const { framedContent, signature } = await createContentCommitSignature(
    groupContext,
    'mls_public_message',
    change(content.commit),
    content.sender,
    content.authenticatedData,
    signaturePrivateKey,
    (await cipherSuite).signature,
  )
  return encodePublic({ ...publicMessage, content: framedContent, auth: { ...auth, signature } })
}

/** Changes a leaf and signs it again for its position in the group. */
export async function forgeLeaf(
  by: Group,
  leaf: LeafNodeCommit,
  change: Partial<LeafNodeCommit>,
): Promise<LeafNodeCommit> {
  const { groupContext, signaturePrivateKey } = stateOf(by)
  const { groupId } = groupContext
  const tbs = { ...leaf, ...change, groupId, leafIndex: by.ownLeafIndex }
  const signed = await signLeafNodeCommit(tbs, signaturePrivateKey, (await cipherSuite).signature)
  return { ...leaf, ...change, signature: signed.signature }
}

/** Changes a GroupInfo and signs it again with the key of the group's device. */
export async function forgeGroupInfo(
  by: Group,
  groupInfo: Uint8Array,
  change: Partial<GroupInfo>,
): Promise<Uint8Array> {
  const tbs = { ...decodeGroupInfoMessage(groupInfo), ...change }
  const signed = await signGroupInfo(tbs, stateOf(by).signaturePrivateKey, (await cipherSuite).signature)
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo: signed })
}

/** Makes a member's commit whose path puts another identity on its leaf. */
export async function forgePath(by: Group, identity: DeviceIdentity): Promise<Uint8Array> {
  const state = stateOf(by)
  const ratchetTree = state.ratchetTree.map((node, index) =>
    index === 2 * by.ownLeafIndex && node?.nodeType === 'leaf'
      ? { ...node, leaf: { ...node.leaf, credential: credentialOf(identity) } }
      : node,
  )
  const context = { state: { ...state, ratchetTree }, cipherSuite: await cipherSuite }
  return encodeMlsMessage((await createCommit(context, { wireAsPublicMessage: true })).commit)
}

/** Makes an external join that removes the leaf with the signature key `target`. */
export async function forgeJoin(
  groupInfo: Uint8Array,
  identity: DeviceIdentity,
  target?: Uint8Array,
): Promise<Uint8Array> {
  const { publicPackage, privatePackage } = await createOwnLeaf(identity)
  const keyPackageEqualityConfig = {
    compareKeyPackages: () => false,
    compareKeyPackageToLeafNode: (_: unknown, leaf: { signaturePublicKey: Uint8Array }) =>
      leaf.signaturePublicKey.toString() === target?.toString(),
  }
  const config = { ...engineConfig, keyPackageEqualityConfig }
  const info = decodeGroupInfoMessage(groupInfo)
  const [resync, suite] = [target !== undefined, await cipherSuite]
  const joined = await joinGroupExternal(info, publicPackage, privatePackage, resync, suite, undefined, config)
  return encodePublic(joined.publicMessage)
}

/** Makes a group of these devices in this order. The first creates it and, by default, is admin. */
export async function groupOfDevices(identities: readonly DeviceIdentity[], roster = rosterOfDevices(identities)) {
  const [creator, ...others] = identities
  if (creator === undefined) throw new RangeError('a group has a creator')
  const packages = await Promise.all(others.map(createPackage))
  const alone = await Group.create({ conversation, groupNo, identity: creator, kind: roster.kind })
  const made = await alone.commit({ add: packages.map((created) => created.publicBytes), roster, trust: trustAll })
  const { welcome = new Uint8Array() } = made
  const joined = await Promise.all(
    others.map((identity, n) =>
      Group.joinByWelcome({
        welcome,
        identity,
        keyPackages: (ref) => (ref === packages[n]?.ref ? packages[n]?.privateBytes : undefined),
        trust: trustAll,
      }),
    ),
  )
  return { groups: [made.pending, ...joined], groupInfo: made.groupInfo }
}

/**
 * Makes a member's commit whose path has wrong public keys at the nodes `lies`: they do not belong
 * to its path secrets. Node 1 is above the leaf. Everything else in the commit is right.
 */
export async function forgePathKeys(by: Group, lies: readonly number[], extraProposals: Proposal[] = []) {
  const suite = await cipherSuite
  let derived = 0
  const hpke = {
    ...suite.hpke,
    // The first key pair is the leaf's.
    deriveKeyPair: (secret: Uint8Array) =>
      lies.includes(derived++) ? suite.hpke.generateKeyPair() : suite.hpke.deriveKeyPair(secret),
  }
  const context = { state: stateOf(by), cipherSuite: { ...suite, hpke } }
  const options = { wireAsPublicMessage: true, ratchetTreeExtension: true, extraProposals }
  const { commit, welcome } = await createCommit(context, options)
  return { commit: encodeMlsMessage(commit), welcome }
}

/**
 * Makes a member's commit whose path is wrong for one reader, whose ciphertexts are under another
 * key. Returns the matching GroupInfo, too.
 */
export async function forgePathFor(by: Group, victim: number) {
  const suite = await cipherSuite
  const node = stateOf(by).ratchetTree[2 * victim]
  if (node?.nodeType !== 'leaf') throw new Error('no leaf')
  const victimKey = node.leaf.hpkePublicKey.toString()
  const hpke = {
    ...suite.hpke,
    importPublicKey: async (key: Uint8Array) =>
      key.toString() === victimKey ? (await suite.hpke.generateKeyPair()).publicKey : suite.hpke.importPublicKey(key),
  }
  const context = { state: stateOf(by), cipherSuite: { ...suite, hpke } }
  const { commit, newState } = await createCommit(context, { wireAsPublicMessage: true, ratchetTreeExtension: true })
  return { commit: encodeMlsMessage(commit), groupInfo: await encodeGroupInfoOf(newState) }
}

/** Changes the confirmation tag and makes a new membership tag, as any member can. */
export async function forgeConfirmationTag(by: Group, commit: Uint8Array): Promise<Uint8Array> {
  const message = decodeMlsMessage(commit, 0)?.[0]
  if (message?.wireformat !== 'mls_public_message') throw new Error('no PublicMessage')
  const { publicMessage } = message
  const { content, auth } = publicMessage
  if (auth.contentType !== 'commit') throw new Error('no commit')
  const { groupContext, keySchedule } = stateOf(by)
  const confirmationTag = auth.confirmationTag.map((byte) => byte ^ 1)
  const forged = { wireformat: 'mls_public_message' as const, content, auth: { ...auth, confirmationTag } }
  return encodePublic(await protectPublicMessage(keySchedule.membershipKey, groupContext, forged, await cipherSuite))
}

/** Returns the bytes with one bit flipped in the byte at this position from the end. */
export const flipped = (bytes: Uint8Array, fromEnd = 1): Uint8Array =>
  bytes.map((byte, at) => (at === bytes.length - fromEnd ? byte ^ 1 : byte))

/** Makes `count` devices of one person. */
export const devicesOf = (person: Person, count: number): DeviceIdentity[] =>
  Array.from({ length: count }, () => createDevice(person))

function rosterOfDevices(identities: readonly DeviceIdentity[]) {
  const [creator, ...others] = new Set(identities.map((identity) => identity.userId))
  return groupRoster(creator === undefined ? [] : [creator], others)
}
