import fc from 'fast-check'
import { createCommit, createProposal, decodeMlsMessage, encodeMlsMessage, generateKeyPackageWithKey } from 'ts-mls'
import type { Extension } from 'ts-mls/extension.js'
import type { Proposal } from 'ts-mls/proposal.js'
import type { PublicMessage } from 'ts-mls/publicMessage.js'
import { expect, test } from 'vitest'
import { devicesOf, encodePublic, groupOfDevices, stateOf } from '../../testing/forge.ts'
import {
  conversation,
  createDevice,
  createPackage,
  createPerson,
  groupNo,
  groupRoster,
  trustAll,
} from '../../testing/people.ts'
import { credentialOf } from '../mls/device.ts'
import { cipherSuite } from '../mls/engine.ts'
import { Group } from '../mls/group.ts'
import { groupExtensionsOf } from './group-context.ts'
import { readCommit } from './handshake.ts'
import { HandshakeError } from './handshake-error.ts'
import { lastResortExtensionType, leafCapabilities } from './leaf.ts'
import { maxLeaves } from './max-leaves.ts'

const alice = createPerson()
const bob = createPerson()
const identities = devicesOf(alice, 4)
const { groups, groupInfo } = await groupOfDevices(identities)
const [group = await Promise.reject(new Error('no group'))] = groups
const roster = groupRoster([alice.userId], [bob.userId])
const newcomer = await createPackage(createDevice(bob))
const made = await group.commit({ add: [newcomer.publicBytes], remove: [3, 1], roster, trust: trustAll })
const whole = publicMessageOf(made.commit)

function publicMessageOf(bytes: Uint8Array): PublicMessage {
  const message = decodeMlsMessage(bytes, 0)?.[0]
  if (message?.wireformat !== 'mls_public_message') throw new Error('no PublicMessage')
  return message.publicMessage
}

/** Makes a commit with these proposals, by the engine. */
async function commitOf(extraProposals: Proposal[], state = stateOf(group)): Promise<Uint8Array> {
  const options = { wireAsPublicMessage: true, extraProposals }
  return encodeMlsMessage((await createCommit({ state, cipherSuite: await cipherSuite }, options)).commit)
}

/** Changes the content of a signed commit, because `readCommit` runs before signature checks. */
function changed(content: object): Uint8Array {
  return encodePublic({ ...whole, content: { ...whole.content, ...content } } as PublicMessage)
}

/** Changes the proposals or the path of a signed commit. */
function changedCommit(commit: object): Uint8Array {
  if (whole.content.contentType !== 'commit') throw new Error('no commit')
  return changed({ commit: { ...whole.content.commit, ...commit } })
}

const extensionsProposal = (...extensions: Extension[]): Proposal => ({
  proposalType: 'group_context_extensions',
  groupContextExtensions: { extensions },
})
const [required, rosterExtension] = groupExtensionsOf(roster)
if (required === undefined || rosterExtension === undefined) throw new Error('no extensions')
const otherExtension = { extensionType: leafCapabilities.extensions[1] ?? 0, extensionData: new Uint8Array() }
const removeOne: Proposal = { proposalType: 'remove', remove: { removed: 1 } }
const byValue = (...proposals: Proposal[]) =>
  proposals.map((proposal) => ({ proposalOrRefType: 'proposal' as const, proposal }))

test('reads a commit by a member with everything that it may contain', async () => {
  expect(readCommit(made.commit, { now: Date.now() }).handshake).toEqual({
    conversation,
    groupNo,
    epoch: 1,
    sender: { type: 'member', leafIndex: 0 },
    adds: [expect.objectContaining({ userId: bob.userId, ref: newcomer.ref })],
    removes: [3, 1],
    roster,
    externalInit: false,
    updateLeaf: {
      userId: alice.userId,
      deviceId: identities[0]?.deviceId,
      accountKey: alice.accountKey,
      signatureKey: identities[0]?.signaturePublic,
    },
  })
})

test('a commit with only adds needs no path', async () => {
  const { commit } = await group.commit({ add: [newcomer.publicBytes], trust: trustAll })
  expect(readCommit(commit).handshake).not.toHaveProperty('updateLeaf')
})

test('reads an external join, with and without the removal of a former leaf', async () => {
  const identity = createDevice(alice)
  const joined = await Group.joinExternally({ groupInfo, identity, trust: trustAll })
  expect(readCommit(joined.commit).handshake).toMatchObject({
    sender: { type: 'external' },
    externalInit: true,
    removes: [],
    updateLeaf: { deviceId: identity.deviceId },
  })
  const again = await Group.joinExternally({ groupInfo: joined.groupInfo, identity, trust: trustAll })
  expect(readCommit(again.commit).handshake).toMatchObject({ epoch: 2, removes: [4] })
})

test('an added last-resort package whose leaf does not list that extension is rejected', async () => {
  const identity = createDevice(alice)
  const adding = async (extensions: number[]) => {
    const { publicPackage: keyPackage } = await generateKeyPackageWithKey(
      credentialOf(identity),
      { ...leafCapabilities, extensions },
      { notBefore: 0n, notAfter: 1000n },
      [{ extensionType: lastResortExtensionType, extensionData: new Uint8Array() }],
      { signKey: identity.signaturePrivate, publicKey: identity.signaturePublic },
      await cipherSuite,
    )
    return changedCommit({ proposals: byValue({ proposalType: 'add', add: { keyPackage } }) })
  }
  const { extensions } = leafCapabilities
  expect(readCommit(await adding(extensions)).handshake.adds).toMatchObject([{ lastResort: true }])
  const without = extensions.filter((type) => type !== lastResortExtensionType)
  const lacking = await adding(without)
  expect(() => readCommit(lacking)).toThrow(expect.objectContaining({ code: 'unsupported' }))
})

test('lifetimes of key packages are checked against the time that the caller gives', () => {
  const later = Date.now() + 100 * 24 * 60 * 60 * 1000
  expect(() => readCommit(made.commit, { now: later })).toThrow(expect.objectContaining({ code: 'expired' }))
  readCommit(made.commit)
})

test.each([
  ['an application message', async () => (await group.encrypt(new Uint8Array(1))).envelope, 'malformed'],
  ['a Welcome', async () => made.welcome ?? new Uint8Array(), 'malformed'],
  ['nothing', async () => new Uint8Array(), 'malformed'],
  ['bytes left over', async () => new Uint8Array([...made.commit, 0]), 'malformed'],
  [
    'a proposal alone',
    async () => encodeMlsMessage((await createProposal(stateOf(group), true, removeOne, await cipherSuite)).message),
    'unsupported',
  ],
  [
    'a proposal by reference',
    async () => commitOf([], (await createProposal(stateOf(group), true, removeOne, await cipherSuite)).newState),
    'unsupported',
  ],
  [
    'a new group (ReInit)',
    () =>
      commitOf([
        {
          proposalType: 'reinit',
          reinit: {
            groupId: new Uint8Array(),
            version: 'mls10',
            cipherSuite: 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519',
            extensions: [],
          },
        },
      ]),
    'unsupported',
  ],
  [
    'a proposal type of its own',
    () => commitOf([{ proposalType: 0xf0c2, proposalData: new Uint8Array() }, removeOne]),
    'unsupported',
  ],
  [
    'a pre-shared key',
    async () =>
      changedCommit({
        proposals: byValue({
          proposalType: 'psk',
          psk: { preSharedKeyId: { psktype: 'external', pskId: new Uint8Array(1), pskNonce: new Uint8Array(32) } },
        }),
      }),
    'unsupported',
  ],
  [
    'an extension besides the roster',
    () => commitOf([extensionsProposal(required, rosterExtension, otherExtension)]),
    'unsupported',
  ],
  ['an extension instead of the roster', () => commitOf([extensionsProposal(required, otherExtension)]), 'unsupported'],
  ['no roster', () => commitOf([extensionsProposal(required)]), 'unsupported'],
  ['no required capabilities', () => commitOf([extensionsProposal(rosterExtension)]), 'unsupported'],
  [
    'the required capabilities after the roster',
    () => commitOf([extensionsProposal(rosterExtension, required)]),
    'unsupported',
  ],
  [
    'other required capabilities',
    () => commitOf([extensionsProposal({ ...required, extensionData: new Uint8Array(3) }, rosterExtension)]),
    'unsupported',
  ],
  ['no extension at all', async () => changedCommit({ proposals: byValue(extensionsProposal()) }), 'unsupported'],
  [
    'two rosters',
    async () => {
      const twice = [extensionsProposal(required, rosterExtension), extensionsProposal(required, rosterExtension)]
      return changedCommit({ proposals: byValue(...twice) })
    },
    'unsupported',
  ],
  [
    'a roster that is none',
    () => commitOf([extensionsProposal(required, { ...rosterExtension, extensionData: new Uint8Array(3) })]),
    'malformed',
  ],
  ['a leaf removed twice', async () => changedCommit({ proposals: byValue(removeOne, removeOne) }), 'malformed'],
  ['a device added twice', async () => changedCommit({ proposals: [...addsOf(), ...addsOf()] }), 'malformed'],
  ['a removal without a path', async () => changedCommit({ path: undefined }), 'malformed'],
  ['an empty commit without a path', async () => changedCommit({ proposals: [], path: undefined }), 'malformed'],
  [
    'an ExternalInit by a member',
    async () =>
      changedCommit({
        proposals: byValue({ proposalType: 'external_init', externalInit: { kemOutput: new Uint8Array(32) } }),
      }),
    'malformed',
  ],
  [
    'too many proposals',
    async () =>
      changedCommit({
        proposals: byValue(
          ...Array.from(
            { length: maxLeaves + 1 },
            (_, removed): Proposal => ({ proposalType: 'remove', remove: { removed } }),
          ),
        ),
      }),
    'malformed',
  ],
  [
    'authenticated data that holds no votes',
    async () => changed({ authenticatedData: new Uint8Array(1) }),
    'malformed',
  ],
  ['a group id that is none of ours', async () => changed({ groupId: new Uint8Array(20) }), 'malformed'],
  ['an epoch past 2^53', async () => changed({ epoch: 2n ** 53n }), 'malformed'],
  [
    'an external sender',
    async () =>
      encodePublic({
        content: { ...whole.content, sender: { senderType: 'external', senderIndex: 0 } },
        auth: whole.auth,
        senderType: 'external',
      }),
    'unsupported',
  ],
])('rejects %s', async (_, bytes, code) => {
  const commit = await bytes()
  expect(() => readCommit(commit)).toThrow(expect.objectContaining({ code }))
})

test('a length that is not in its shortest form is rejected', async () => {
  const at = 4
  expect(made.commit[at]).toBe(20)
  const longer = new Uint8Array([...made.commit.subarray(0, at), 0x40, ...made.commit.subarray(at)])
  expect(() => readCommit(longer)).toThrow(expect.objectContaining({ code: 'malformed' }))
})

test('a commit with any changed bytes is read or rejected, without another error', () => {
  const at = fc.integer({ min: 0, max: made.commit.length - 1 })
  fc.assert(
    fc.property(at, fc.integer({ min: 1, max: 255 }), (position, flip) => {
      const forged = made.commit.slice()
      forged[position] = (forged[position] ?? 0) ^ flip
      try {
        readCommit(forged)
      } catch (error) {
        expect(error).toBeInstanceOf(HandshakeError)
      }
    }),
  )
})

test('a list of half a million items is rejected without a stack overflow', () => {
  const content = whole.content
  if (content.contentType !== 'commit' || content.commit.path === undefined) throw new Error('no path')
  const { path } = content.commit
  const extensions = new Array<number>(500_000).fill(1)
  const leafNode = { ...path.leafNode, capabilities: { ...path.leafNode.capabilities, extensions } }
  const spelled = () => changedCommit({ path: { ...path, leafNode } })
  expect(spelled).toThrow(RangeError)
  expect(() => readCommit(withExtensions(made.commit, 500_000))).toThrow(expect.objectContaining({ code: 'malformed' }))
})

/** Puts a long list of extensions into the path's leaf. The engine cannot encode such a list. */
function withExtensions(commit: Uint8Array, count: number): Uint8Array {
  const list = Buffer.from('06f0c1000af0c2', 'hex')
  const at = Buffer.from(commit).lastIndexOf(list)
  expect(at).toBeGreaterThan(0)
  const length = Buffer.alloc(4)
  length.writeUInt32BE((2 * count + 0x80000000) >>> 0)
  return Buffer.concat([commit.subarray(0, at), length, Buffer.alloc(2 * count, 1), commit.subarray(at + list.length)])
}

function addsOf() {
  if (whole.content.contentType !== 'commit') throw new Error('no commit')
  return whole.content.commit.proposals.filter(
    (item) => item.proposalOrRefType === 'proposal' && item.proposal.proposalType === 'add',
  )
}

test('a commit may have maxLeaves proposals and a path as long as the largest tree is high', async () => {
  const removes = (length: number) =>
    Array.from({ length }, (_, removed): Proposal => ({ proposalType: 'remove', remove: { removed } }))
  const ofProposals = (length: number) => readCommit(changedCommit({ proposals: byValue(...removes(length)) }))
  expect(ofProposals(maxLeaves).handshake.removes).toHaveLength(maxLeaves)
  expect(() => ofProposals(maxLeaves + 1)).toThrow('too many proposals')
  const { path } = commitIn(whole)
  const [node] = path?.nodes ?? []
  const ofNodes = (length: number) =>
    readCommit(changedCommit({ path: { ...path, nodes: new Array(length).fill(node) } }))
  const height = Math.ceil(Math.log2(2 * maxLeaves))
  expect(ofNodes(height).path?.nodes).toHaveLength(height)
  expect(() => ofNodes(height + 1)).toThrow('path longer than any tree is high')
})

function commitIn({ content }: PublicMessage) {
  if (content.contentType !== 'commit') throw new Error('no commit')
  return content.commit
}
