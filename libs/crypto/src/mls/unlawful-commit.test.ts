/** Unlawful commits that a server let through. Each client rejects them and keeps its group. */
import { encodeMlsMessage } from 'ts-mls'
import { signKeyPackage } from 'ts-mls/keyPackage.js'
import { signLeafNodeKeyPackage } from 'ts-mls/leafNode.js'
import { expect, test } from 'vitest'
import { forgeJoin, forgePath, groupOfDevices, stateOf } from '../../testing/forge.ts'
import {
  createDevice,
  createPackage,
  createPerson,
  deviceId,
  groupRoster,
  noChecks,
  type Person,
  trustAll,
} from '../../testing/people.ts'
import type { CommitRefusal } from '../verify/commit-rules.ts'
import { readKeyPackage } from '../verify/key-package.ts'
import { rosterAfterDepartures } from '../verify/roster.ts'
import { type DeviceIdentity, signCredential } from './device.ts'
import { cipherSuite } from './engine.ts'
import type { Group } from './group.ts'
import { decodePrivateBytes } from './key-package.ts'
import type { CommitChecks } from './process-commit.ts'

const [alice, bob, carol, dave] = [createPerson(), createPerson(), createPerson(), createPerson()]
const [a1, a2, b1, b2, c1] = [
  createDevice(alice),
  createDevice(alice),
  createDevice(bob),
  createDevice(bob),
  createDevice(carol),
]
const leafOf = { a1: 0, a2: 1, b1: 2, b2: 3, c1: 4 }
const { groups, groupInfo } = await groupOfDevices([a1, a2, b1, b2, c1])
const roster = groupRoster([alice.userId], [bob.userId, carol.userId])
/** Carol's client receives the forged commits. */
const [admin, , member, , victim] = groups as [Group, Group, Group, Group, Group]
const daves = await createPackage(createDevice(dave))
const bobs = createDevice(bob)
const bobsPackage = await createPackage(bobs)

const trust = trustAll
const commitOf = async (by: Group, change: Omit<Parameters<Group['commit']>[0], 'trust'>) =>
  (await by.commit({ ...change, trust })).commit

/** Makes a commit of Bob whose path puts this identity on his leaf. */
const withPathOf = (identity: DeviceIdentity) => forgePath(member, identity)

/** Bob's device as another device or user, signed by Bob's account key or one that he made. */
function posing(as: Partial<DeviceIdentity>, account = bob): DeviceIdentity {
  const device = { ...b1, ...as, accountKey: account.accountKey }
  const signed = { userId: device.userId, deviceId: device.deviceId, signatureKey: b1.signaturePublic }
  return { ...device, credentialSig: signCredential(account.accountPrivate, signed) }
}

const impostorOf = ({ userId }: Person) => createDevice({ ...createPerson(), userId })

const joinRemoving = (identity: DeviceIdentity, target: DeviceIdentity | undefined) =>
  forgeJoin(groupInfo, identity, target?.signaturePublic)

const cases: [CommitRefusal, string, () => Promise<Uint8Array>, Partial<CommitChecks>?][] = [
  ['admin_only', 'a member adds a user', () => commitOf(member, { add: [daves.publicBytes], roster: rosterPlus() })],
  ['admin_only', "a member removes another's leaf", () => commitOf(member, { remove: [leafOf.a2] })],
  [
    'admin_only',
    'a member removes a user',
    () => commitOf(member, { remove: [leafOf.c1], roster: groupRoster([alice.userId], [bob.userId]) }),
  ],
  [
    'admin_only',
    'a member makes itself admin',
    () => commitOf(member, { roster: groupRoster([alice.userId, bob.userId], [carol.userId]) }),
  ],
  [
    'other_account',
    "an admin adds a device as somebody's, under another account key",
    async () => {
      const { publicBytes } = await createPackage(impostorOf(bob))
      return commitOf(admin, { add: [publicBytes] })
    },
  ],
  ['other_account', 'a joiner under another account key', () => joinRemoving(impostorOf(bob), undefined)],
  [
    'not_in_roster',
    'an admin adds a device of a user who is not listed',
    () => commitOf(admin, { add: [daves.publicBytes] }),
  ],
  [
    'not_in_roster',
    'an admin unlists a user whose leaf stays',
    () => commitOf(admin, { roster: groupRoster([alice.userId], [bob.userId]) }),
  ],
  [
    'last_admin',
    'the last admin steps down',
    () => commitOf(admin, { roster: groupRoster([], [alice.userId, bob.userId, carol.userId]) }),
  ],
  [
    'kind_changed',
    'an admin makes the group a direct chat',
    () => commitOf(admin, { roster: { ...roster, kind: 'direct' } }),
  ],
  ['commit_first', 'a commit passes over a departed user', () => commitOf(member, {}), { departed: [alice.userId] }],
  ['external_excess', "a joiner removes somebody else's leaf", () => joinRemoving(bobs, a2)],
  ['external_excess', 'a joiner removes the leaf of the very device that judges', () => joinRemoving(bobs, c1)],
  ['external_excess', "a joiner removes its user's other device", () => joinRemoving(bobs, b2)],
  ['not_in_roster', 'a joiner who is not listed', () => joinRemoving(createDevice(dave), undefined)],
  ['duplicate_device', 'a device joins and keeps its old leaf', () => joinRemoving(b2, undefined)],
  ['departed_user', 'a departed user joins', () => joinRemoving(bobs, undefined), { departed: [bob.userId] }],
  ['revoked_device', 'a revoked device joins', () => joinRemoving(bobs, undefined), { revoked: [bobs.deviceId] }],
  ['revoked_device', 'a revoked device commits', () => commitOf(member, {}), { revoked: [b1.deviceId] }],
  ['identity_changed', 'a leaf becomes another device', () => withPathOf(posing({ deviceId: deviceId(9999) }))],
  ['identity_changed', "a leaf becomes another user's", () => withPathOf(posing({ userId: alice.userId }))],
  ['identity_changed', 'a leaf gets another account key', () => withPathOf(posing({}, createPerson()))],
]

test.each(cases)('%s: %s', async (reason, _, forge, checks = {}) => {
  await expect(victim.process(await forge(), { ...noChecks, ...checks })).rejects.toMatchObject({ reason })
})

test('a credential that its account key has not signed is rejected, in joins and adds', async () => {
  const forged = joinRemoving({ ...createDevice(bob), userId: alice.userId, accountKey: alice.accountKey }, undefined)
  await expect(victim.process(await forged, noChecks)).rejects.toMatchObject({ reason: 'bad_credential' })
  const impostor = await createPackage({ ...createDevice(bob), userId: alice.userId })
  await expect(readKeyPackage(impostor.publicBytes)).rejects.toMatchObject({ code: 'bad_credential' })
})

test('an untrusted account key is rejected, in adds, joins and updates', async () => {
  const distrust = (device: DeviceIdentity) => (claims: readonly { deviceId: string }[]) =>
    claims.every(({ deviceId }) => deviceId !== device.deviceId)
  const added = await commitOf(member, { add: [bobsPackage.publicBytes] })
  for (const [commit, device] of [
    [added, bobs],
    [await joinRemoving(bobs, undefined), bobs],
    [await commitOf(member, {}), b1],
  ] as const)
    await expect(victim.process(commit, { ...noChecks, trust: distrust(device) })).rejects.toMatchObject({
      reason: 'untrusted',
    })
})

test("a device under another member's encryption key is rejected, because nobody could join after it", async () => {
  const { publicPackage } = decodePrivateBytes(bobsPackage.privateBytes, bobs)
  const stolen = stateOf(victim).ratchetTree[2 * leafOf.a2]
  if (stolen?.nodeType !== 'leaf') throw new Error('no leaf')
  const suite = await cipherSuite
  const unsigned = { ...publicPackage.leafNode, hpkePublicKey: stolen.leaf.hpkePublicKey }
  const leafNode = await signLeafNodeKeyPackage(unsigned, bobs.signaturePrivate, suite.signature)
  const keyPackage = await signKeyPackage({ ...publicPackage, leafNode }, bobs.signaturePrivate, suite.signature)
  const add = [encodeMlsMessage({ version: 'mls10', wireformat: 'mls_key_package', keyPackage })]
  await expect(victim.process(await commitOf(member, { add }), noChecks)).rejects.toMatchObject({
    reason: 'duplicate_key',
  })
})

test('a lawful departure and revocation are followed, also if others do not know of them yet', async () => {
  const departed = [alice.userId]
  const left = { remove: [leafOf.a1, leafOf.a2], roster: rosterAfterDepartures(roster, departed) }
  const processed = await victim.process(await commitOf(member, left), { ...noChecks, departed })
  expect(processed.group.roster).toEqual(groupRoster([bob.userId], [carol.userId]))
  const revoked = [a2.deviceId]
  await victim.process(await commitOf(member, { remove: [leafOf.a2] }), { ...noChecks, revoked })
  await victim.process(await commitOf(member, {}), { ...noChecks, revoked })
})

test('after all forged commits, the group still reads messages and follows its admin', async () => {
  const { envelope } = await admin.encrypt(new Uint8Array([1]))
  expect((await victim.process(envelope, noChecks)).event).toMatchObject({
    type: 'message',
    plaintext: new Uint8Array([1]),
  })
  const added = await admin.commit({ add: [daves.publicBytes], roster: rosterPlus(), trust })
  const processed = await victim.process(added.commit, noChecks)
  expect(processed.group.epochAuthenticator).toEqual(added.pending.epochAuthenticator)
  expect(processed.event).toMatchObject({ committer: { leafIndex: 0, userId: alice.userId, deviceId: a1.deviceId } })
})

function rosterPlus() {
  return groupRoster([alice.userId], [bob.userId, carol.userId, dave.userId])
}
