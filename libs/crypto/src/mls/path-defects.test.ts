/**
 * Defects of ts-mls 1.6.4 in update paths that our patch repairs. Each test fails on the published
 * library.
 */
import { fromBase64Url } from '@fastchat/schema'
import { encodeGroupState, encodeMlsMessage } from 'ts-mls'
import { applyUpdatePathSecret } from 'ts-mls/createCommit.js'
import { deriveSecret } from 'ts-mls/crypto/kdf.js'
import { decodeKeyPackage } from 'ts-mls/keyPackage.js'
import { initializeEpoch } from 'ts-mls/keySchedule.js'
import type { Proposal } from 'ts-mls/proposal.js'
import { decodePublicMessage } from 'ts-mls/publicMessage.js'
import { toLeafIndex } from 'ts-mls/treemath.js'
import { decryptGroupSecrets, encryptGroupSecrets, type Welcome } from 'ts-mls/welcome.js'
import { expect, test } from 'vitest'
import { devicesOf, forgePathKeys, groupOfDevices, stateOf } from '../../testing/forge.ts'
import { createDevice, createPackage, createPerson, noChecks, trustAll } from '../../testing/people.ts'
import { leafCapabilities } from '../verify/leaf.ts'
import { rosterExtensionType } from '../verify/roster.ts'
import { cipherSuite } from './engine.ts'
import { Group } from './group.ts'
import { type CreatedKeyPackage, decodePrivateBytes } from './key-package.ts'

const alice = createPerson()

/** Groups of one person's devices, so that each of them may remove and add. */
const aliceGroups = async (devices: number) => (await groupOfDevices(devicesOf(alice, devices))).groups as Group[]

function at(groups: readonly Group[], leafIndex: number): Group {
  const group = groups[leafIndex]
  if (group === undefined) throw new Error('no such leaf')
  return group
}

const encodeWelcomeMessage = (welcome: Welcome) =>
  encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome })

test('a removed member learns of it when an added device takes its leaf in the same commit', async () => {
  const groups = await aliceGroups(3)
  const added = await createPackage(createDevice(alice))
  const made = await at(groups, 0).commit({ add: [added.publicBytes], remove: [1], trust: trustAll })
  const { group, event } = await at(groups, 1).process(made.commit, noChecks)
  expect(event).toMatchObject({ type: 'commit', change: { addedLeaves: [{ leafIndex: 1 }] } })
  expect(group.isMember).toBe(false)
  expect((await at(groups, 2).process(made.commit, noChecks)).group.isMember).toBe(true)
})

test.each([1, 2, 3])('a path key of another path secret is rejected: node %i above the leaf', async (node) => {
  const groups = await aliceGroups(8)
  const { commit } = await forgePathKeys(at(groups, 0), [node])
  const reader = at(groups, 1)
  const before = reader.encode()
  await expect(reader.process(commit, noChecks)).rejects.toMatchObject({
    code: 'bad_path',
    cause: { message: expect.stringMatching(/does not match the public key/) },
  })
  expect(reader.encode()).toEqual(before)
  const honest = await at(groups, 0).commit({ trust: trustAll })
  expect((await reader.process(honest.commit, noChecks)).group.epoch).toBe(2)
})

/** Replaces leaf 3 by a new device, in a commit whose path keys may be wrong. */
async function replaceLeaf3(lies: readonly number[]) {
  const identity = createDevice(alice)
  const created = await createPackage(identity)
  const keyPackage = decodeKeyPackage(created.publicBytes, 4)?.[0]
  if (keyPackage === undefined) throw new Error('no key package')
  const proposals: Proposal[] = [
    { proposalType: 'remove', remove: { removed: 3 } },
    { proposalType: 'add', add: { keyPackage } },
  ]
  const { welcome } = await forgePathKeys(at(await aliceGroups(4), 0), lies, proposals)
  if (welcome === undefined) throw new Error('no Welcome')
  const join = (welcomeBytes: Uint8Array, privateBytes = created.privateBytes) =>
    Group.joinByWelcome({ welcome: welcomeBytes, identity, keyPackages: () => privateBytes, trust: trustAll })
  return { identity, created, welcome, join }
}

test('a Welcome whose path secret does not fit the key in the tree is rejected (§12.4.3.1)', async () => {
  const honest = await replaceLeaf3([])
  expect((await honest.join(encodeWelcomeMessage(honest.welcome))).ownLeafIndex).toBe(3)
  const lying = await replaceLeaf3([2])
  await expect(lying.join(encodeWelcomeMessage(lying.welcome))).rejects.toMatchObject({
    code: 'invalid',
    cause: { message: expect.stringMatching(/does not match the public key/) },
  })
})

/** Makes the Welcome again without its path secret. */
async function withoutPathSecret(welcome: Welcome, { privateBytes, ref }: CreatedKeyPackage): Promise<Welcome> {
  const { hpke } = await cipherSuite
  const { publicPackage, privatePackage } = decodePrivateBytes(privateBytes, createDevice(alice))
  const newMember = fromBase64Url(ref)
  const initKey = await hpke.importPrivateKey(privatePackage.initPrivateKey)
  const secrets = await decryptGroupSecrets(initKey, newMember, welcome, hpke)
  if (secrets === undefined) throw new Error('no secrets')
  const bare = { joinerSecret: secrets.joinerSecret, psks: secrets.psks, pathSecret: undefined }
  const initPublic = await hpke.importPublicKey(publicPackage.initKey)
  const { enc, ct } = await encryptGroupSecrets(initPublic, welcome.encryptedGroupInfo, bare, hpke)
  return { ...welcome, secrets: [{ newMember, encryptedGroupSecrets: { kemOutput: enc, ciphertext: ct } }] }
}

test('a Welcome without the path secret that its joiner needs is rejected', async () => {
  const { welcome, created, join } = await replaceLeaf3([])
  const bare = await withoutPathSecret(welcome, created)
  await expect(join(encodeWelcomeMessage(bare))).rejects.toMatchObject({ code: 'invalid' })
})

test('a joiner whose private key does not fit its leaf does not join', async () => {
  const { welcome, created, join } = await replaceLeaf3([])
  const other = await createPackage(createDevice(alice))
  const privateBytes = created.privateBytes.slice()
  privateBytes.set(other.privateBytes.subarray(33, 65), 33)
  await expect(join(encodeWelcomeMessage(welcome), privateBytes)).rejects.toMatchObject({
    code: 'invalid',
    cause: { message: expect.stringMatching(/does not belong to own leaf/) },
  })
})

test('the commit secret follows the last node of the path, not a blank root (§12.4.1)', async () => {
  const groups = await aliceGroups(4)
  // Leaves 0 and 1 are removed, so the path of leaf 2 ends below the root.
  const made = await at(groups, 2).commit({ remove: [0, 1], trust: trustAll })
  const [before, after, suite] = [stateOf(at(groups, 3)), stateOf(made.pending), await cipherSuite]
  expect(after.ratchetTree[3]).toBeUndefined()
  const content = decodePublicMessage(made.commit, 4)?.[0].content
  if (content?.contentType !== 'commit' || content.commit.path === undefined) throw new Error('no path')
  const { confirmedTranscriptHash } = before.groupContext
  const context = { ...after.groupContext, confirmedTranscriptHash }
  const { path } = content.commit
  const sender = toLeafIndex(2)
  const opened = await applyUpdatePathSecret(after.ratchetTree, before.privatePath, sender, context, path, [], suite)
  const commitSecret = await deriveSecret(opened.pathSecret, 'path', suite.kdf)
  const noPsk = new Uint8Array(suite.kdf.size)
  const { initSecret } = before.keySchedule
  const { keySchedule } = await initializeEpoch(initSecret, commitSecret, after.groupContext, noPsk, suite.kdf)
  expect(keySchedule.epochAuthenticator).toEqual(made.pending.epochAuthenticator)
  expect((await at(groups, 3).process(made.commit, noChecks)).group.epochAuthenticator).toEqual(
    made.pending.epochAuthenticator,
  )
})

test('a removed member does not know the secrets of a commit by the only member left', async () => {
  const groups = await aliceGroups(2)
  const made = await at(groups, 0).commit({ remove: [1], trust: trustAll })
  const [removed, after, suite] = [stateOf(at(groups, 1)), stateOf(made.pending), await cipherSuite]
  // As published, the commit secret is nothing at all, and the removed one has the rest.
  const nothing = new Uint8Array(suite.kdf.size)
  const { initSecret } = removed.keySchedule
  const { keySchedule } = await initializeEpoch(initSecret, nothing, after.groupContext, nothing, suite.kdf)
  expect(keySchedule.epochAuthenticator).not.toEqual(made.pending.epochAuthenticator)
})

test('the old state of a lone member does not open its external commit', async () => {
  const [identity] = devicesOf(alice, 1)
  if (identity === undefined) throw new Error('no device')
  const { groups, groupInfo } = await groupOfDevices([identity])
  const joined = await Group.joinExternally({ groupInfo, identity, trust: trustAll })
  const [stolen, after, suite] = [stateOf(at(groups, 0)), stateOf(joined.pending), await cipherSuite]
  const content = decodePublicMessage(joined.commit, 4)?.[0].content
  if (content?.contentType !== 'commit') throw new Error('no commit')
  const [kemOutput] = content.commit.proposals.flatMap((item) =>
    item.proposalOrRefType === 'proposal' && item.proposal.proposalType === 'external_init'
      ? [item.proposal.externalInit.kemOutput]
      : [],
  )
  if (kemOutput === undefined) throw new Error('no ExternalInit')
  const { hpke, kdf } = suite
  const { privateKey } = await hpke.deriveKeyPair(stolen.keySchedule.externalSecret)
  const label = new TextEncoder().encode('MLS 1.0 external init secret')
  const initSecret = await hpke.importSecret(privateKey, label, kemOutput, kdf.size, new Uint8Array())
  const nothing = new Uint8Array(kdf.size)
  const { keySchedule } = await initializeEpoch(initSecret, nothing, after.groupContext, nothing, kdf)
  expect(keySchedule.epochAuthenticator).not.toEqual(joined.pending.epochAuthenticator)
})

test("a commit's path says what the device can do now, not what its leaf said before", async () => {
  const [identity] = devicesOf(alice, 1)
  if (identity === undefined) throw new Error('no device')
  const state = stateOf(at((await groupOfDevices([identity])).groups, 0))
  const [node] = state.ratchetTree
  if (node?.nodeType !== 'leaf') throw new Error('no leaf')
  const capabilities = { ...leafCapabilities, extensions: [rosterExtensionType] }
  const ratchetTree = [{ ...node, leaf: { ...node.leaf, capabilities } }]
  const updated = Group.decode(Uint8Array.of(1, ...encodeGroupState({ ...state, ratchetTree })), identity)
  const made = await updated.commit({ trust: trustAll })
  const content = decodePublicMessage(made.commit, 4)?.[0].content
  expect(content?.contentType === 'commit' && content.commit.path?.leafNode.capabilities).toEqual(leafCapabilities)
})
