import type { GroupNo } from '@fastchat/schema'
import { limits } from '@fastchat/schema'
import { expect, test, vi } from 'vitest'
import { devicesOf, groupOfDevices } from '../../testing/forge.ts'
import {
  conversation,
  createDevice,
  createPackage,
  createPerson,
  groupNo,
  groupRoster,
  noChecks,
  trustAll,
} from '../../testing/people.ts'
import { readApplicationHeader } from '../verify/application-header.ts'
import { cipherSuite } from './engine.ts'
import { Group } from './group.ts'
import { readWelcomeRefs } from './join-group.ts'
import { maxPlaintextBytes, paddedLength } from './padding.ts'

const alice = createPerson()
const bob = createPerson()
const identities = [...devicesOf(alice, 1), ...devicesOf(bob, 1)]
const roster = groupRoster([alice.userId], [bob.userId])
const [aliceDevice, bobDevice] = identities as [(typeof identities)[0], (typeof identities)[0]]
const pair = await groupOfDevices(identities)
const [hers, his] = pair.groups as [Group, Group]
const hello = new TextEncoder().encode('hello')
const trust = trustAll

test('a group has its conversation, number, epoch, roster and members', () => {
  expect(his).toMatchObject({ conversation, groupNo, epoch: 1, roster, ownLeafIndex: 1, isMember: true })
  expect(his.members()).toEqual(
    identities.map(({ userId, deviceId, accountKey, signaturePublic }, leafIndex) => ({
      ...{ leafIndex, userId, deviceId, accountKey, signatureKey: signaturePublic },
    })),
  )
  expect(his.epochAuthenticator).toEqual(hers.epochAuthenticator)
})

test('the members of one epoch derive the same secret from label and context, and others do not', async () => {
  const context = new Uint8Array([1])
  const secret = await hers.exportSecret('signal', context, 32)
  expect(secret.length).toBe(32)
  expect(await his.exportSecret('signal', context, 32)).toEqual(secret)
  expect(await his.exportSecret('other', context, 32)).not.toEqual(secret)
  expect(await his.exportSecret('signal', new Uint8Array([2]), 32)).not.toEqual(secret)
  const { pending } = await hers.commit({ trust })
  expect(await pending.exportSecret('signal', context, 32)).not.toEqual(secret)
})

test('a stored group continues where it was', async () => {
  const sent = await hers.encrypt(hello)
  const stored = his.encode()
  const again = Group.decode(stored, bobDevice)
  expect(again.encode()).toEqual(stored)
  const read = await again.process(sent.envelope, noChecks)
  read.forget()
  // Wiping the keys of the old group does not change the bytes that it was decoded from.
  expect(stored).toEqual(his.encode())
  expect(() => Group.decode(stored, aliceDevice)).toThrow(RangeError)
  expect(() => Group.decode(new Uint8Array([9, ...stored.subarray(1)]), bobDevice)).toThrow(RangeError)
})

test('a step does not change the group before it until forget is called', async () => {
  const before = his.encode()
  const sent = await hers.encrypt(hello)
  const read = await his.process(sent.envelope, noChecks)
  await his.encrypt(hello)
  await his.process((await hers.commit({ trust })).commit, noChecks)
  expect(his.encode()).toEqual(before)
  const old = Group.decode(before, bobDevice)
  const first = await old.process(sent.envelope, noChecks)
  first.forget()
  await expect(old.process(sent.envelope, noChecks)).rejects.toMatchObject({ code: 'undecryptable' })
  expect(first.group.encode()).toEqual(read.group.encode())
})

test('a message decrypts once, and a withheld one never: its key and earlier keys are deleted', async () => {
  const one = await hers.encrypt(hello)
  const two = await one.group.encrypt(hello)
  const { group } = await his.process(two.envelope, noChecks)
  const stolen = Group.decode(group.encode(), bobDevice)
  for (const { envelope } of [one, two])
    await expect(stolen.process(envelope, noChecks)).rejects.toMatchObject({ code: 'undecryptable' })
})

test('skipped messages are counted, and more than a gap explains are rejected', async () => {
  let sender = hers
  const envelopes: Uint8Array[] = []
  for (let n = 0; n < 1_040; n++) {
    const sent = await sender.encrypt(hello)
    sender = sent.group
    envelopes.push(sent.envelope)
  }
  const read = async (n: number, missing?: number) => (await his.process(envelopes[n]!, noChecks, missing)).event
  expect(await read(0)).toMatchObject({ skipped: 0, plaintext: hello })
  expect(await read(32)).toMatchObject({ skipped: 32, plaintext: hello })
  await expect(read(33)).rejects.toMatchObject({ code: 'undecryptable' })
  expect(await read(33, 1)).toMatchObject({ skipped: 33 })
  expect(await read(1_032, 1_000)).toMatchObject({ skipped: 1_032, plaintext: hello })
  await expect(read(1_033, 1_000)).rejects.toMatchObject({ code: 'undecryptable' })
  const after = (await his.process(envelopes[5]!, noChecks)).group
  expect((await after.process(envelopes[6]!, noChecks)).event).toMatchObject({ skipped: 0 })
  expect((await after.process(envelopes[8]!, noChecks)).event).toMatchObject({ skipped: 2 })
})

test('a rejected leap derives no key', async () => {
  let sender = hers
  for (let n = 0; n < 40; n++) sender = (await sender.encrypt(hello)).group
  const { envelope } = await sender.encrypt(hello)
  const derive = vi.spyOn((await cipherSuite).kdf, 'expand')
  await expect(his.process(envelope, noChecks)).rejects.toMatchObject({ code: 'undecryptable' })
  const refused = derive.mock.calls.length
  await his.process(envelope, noChecks, 100)
  expect(refused).toBeLessThan(10)
  expect(derive.mock.calls.length - refused).toBeGreaterThan(40)
  derive.mockRestore()
})

test('the transcript hash is the same for all members and changes with each commit', async () => {
  const { pending, commit } = await hers.commit({ trust })
  const after = (await his.process(commit, noChecks)).group
  expect(after.confirmedTranscriptHash).toEqual(pending.confirmedTranscriptHash)
  expect(after.confirmedTranscriptHash).not.toEqual(his.confirmedTranscriptHash)
  expect(his.confirmedTranscriptHash).toEqual(hers.confirmedTranscriptHash)
})

test('a message of the last epoch can be read, and one of the epoch before it cannot', async () => {
  const { envelope } = await hers.encrypt(hello)
  const first = await hers.commit({ trust })
  const after = (await his.process(first.commit, noChecks)).group
  const late = await after.process(envelope, noChecks)
  expect(late.event).toMatchObject({ sender: { leafIndex: 0 }, plaintext: hello })
  expect(late.group.epoch).toBe(2)
  const second = await first.pending.commit({ trust })
  const later = (await after.process(second.commit, noChecks)).group
  await expect(later.process(envelope, noChecks)).rejects.toMatchObject({ code: 'past_epoch' })
})

test('each envelope that a group cannot process has its error code', async () => {
  const sent = await hers.encrypt(hello)
  const made = await hers.commit({ trust })
  const ahead = await made.pending.encrypt(hello)
  const farAhead = await made.pending.commit({ trust })
  await expect(hers.process(sent.envelope, noChecks)).rejects.toMatchObject({ code: 'own' })
  await expect(hers.process(made.commit, noChecks)).rejects.toMatchObject({ code: 'own' })
  await expect(his.process(ahead.envelope, noChecks)).rejects.toMatchObject({ code: 'future_epoch' })
  await expect(his.process(farAhead.commit, noChecks)).rejects.toMatchObject({ code: 'future_epoch' })
  await expect(made.pending.process((await his.commit({ trust })).commit, noChecks)).rejects.toMatchObject({
    code: 'past_epoch',
  })
  const input = { conversation, groupNo: 2 as GroupNo, identity: aliceDevice, kind: 'group' } as const
  const other = await (await Group.create(input)).encrypt(hello)
  await expect(his.process(other.envelope, noChecks)).rejects.toMatchObject({ code: 'wrong_group' })
  await expect(his.process(made.groupInfo, noChecks)).rejects.toMatchObject({ code: 'malformed' })
  const broken = sent.envelope.map((byte, at) => (at === sent.envelope.length - 1 ? byte ^ 1 : byte))
  await expect(his.process(broken, noChecks)).rejects.toMatchObject({ code: 'undecryptable' })
})

test('envelopes have few sizes, a quarter more than needed at most, within the limit', async () => {
  const [sizes, lengths] = [new Set<number>(), new Set<number>()]
  for (const bytes of [0, 1, 100, 180, 200, 450, 2000, 9000, 18_000, 20_410, 20_411, 22_000, maxPlaintextBytes]) {
    const { envelope } = await hers.encrypt(new Uint8Array(bytes))
    readApplicationHeader(envelope)
    expect(envelope.length).toBeLessThanOrEqual(limits.maxEnvelopeBytes)
    expect((await his.process(envelope, noChecks)).event).toMatchObject({ plaintext: new Uint8Array(bytes) })
    expect(envelope.length).toBeGreaterThan(paddedLength(bytes))
    sizes.add(paddedLength(bytes))
    lengths.add(envelope.length)
  }
  expect(lengths.size).toBe(sizes.size)
  expect(sizes).toEqual(new Set([256, 512, 768, 2560, 10_240, 20_480, 24_576, 32_768]))
  await expect(hers.encrypt(new Uint8Array(maxPlaintextBytes + 1))).rejects.toThrow(RangeError)
})

test('a removed device learns of it, and then cannot read or write', async () => {
  const made = await hers.commit({ remove: [1], roster: groupRoster([alice.userId]), trust })
  const { group, event } = await his.process(made.commit, noChecks)
  expect(event).toMatchObject({ type: 'commit', change: { removedLeaves: [1] } })
  expect(group.isMember).toBe(false)
  expect(Group.decode(group.encode(), bobDevice).isMember).toBe(false)
  const { envelope } = await made.pending.encrypt(hello)
  await expect(group.process(envelope, noChecks)).rejects.toMatchObject({ code: 'removed' })
  await expect(group.encrypt(hello)).rejects.toMatchObject({ code: 'removed' })
})

test('a Welcome lets in only the named key packages, of a device that trusts the members', async () => {
  const identity = createDevice(bob)
  const own = await createPackage(identity)
  const { welcome = new Uint8Array() } = await his.commit({ add: [own.publicBytes], trust })
  expect(readWelcomeRefs(welcome)).toEqual([own.ref])
  const join = (change: object) =>
    Group.joinByWelcome({ welcome, identity, keyPackages: async () => own.privateBytes, trust, ...change })
  expect((await join({})).members().length).toBe(3)
  await expect(join({ keyPackages: () => undefined })).rejects.toMatchObject({ code: 'no_key_package' })
  await expect(join({ welcome: welcome.subarray(1) })).rejects.toMatchObject({ code: 'malformed' })
  const broken = welcome.map((byte, at) => (at === welcome.length - 1 ? byte ^ 1 : byte))
  await expect(join({ welcome: broken })).rejects.toMatchObject({ code: 'invalid' })
  for (const untrusted of identities) {
    const distrust = (claims: readonly { deviceId: string }[]) =>
      claims.every(({ deviceId }) => deviceId !== untrusted.deviceId)
    await expect(join({ trust: distrust })).rejects.toMatchObject({ code: 'untrusted' })
  }
})

test('trust is asked once for all other leaves in both ways to join, and its errors are passed on', async () => {
  const identity = createDevice(bob)
  const own = await createPackage(identity)
  const { welcome = new Uint8Array(), groupInfo } = await his.commit({ add: [own.publicBytes], trust })
  const asked: string[][] = []
  const noting = (claims: readonly { deviceId: string }[]) => {
    asked.push(claims.map(({ deviceId }) => deviceId))
    return true
  }
  const away = () => Promise.reject(new TypeError('no network'))
  const keyPackages = () => own.privateBytes
  const outsider = createDevice(bob)
  await Group.joinByWelcome({ welcome, identity, keyPackages, trust: noting })
  await Group.joinExternally({ groupInfo, identity: outsider, trust: noting })
  const both = identities.map(({ deviceId }) => deviceId)
  expect(asked).toEqual([both, [...both, identity.deviceId]])
  await expect(Group.joinByWelcome({ welcome, identity, keyPackages, trust: away })).rejects.toThrow(TypeError)
  await expect(Group.joinExternally({ groupInfo, identity: outsider, trust: away })).rejects.toThrow(TypeError)
  const added = await hers.commit({ add: [own.publicBytes], trust })
  await expect(his.process(added.commit, { ...noChecks, trust: away })).rejects.toThrow(TypeError)
})

test('an external join also requires a whole and trusted group', async () => {
  const { groupInfo } = pair
  const identity = createDevice(bob)
  const distrust = (claims: readonly { deviceId: string }[]) =>
    claims.every(({ deviceId }) => deviceId !== aliceDevice.deviceId)
  const join = (change: object) => Group.joinExternally({ groupInfo, identity, trust, ...change })
  await expect(join({ trust: distrust })).rejects.toMatchObject({ code: 'untrusted' })
  await expect(join({ identity: createDevice(createPerson()) })).rejects.toMatchObject({ code: 'unlawful' })
  await expect(join({ groupInfo: groupInfo.subarray(0, -1) })).rejects.toMatchObject({ code: 'malformed' })
  const broken = groupInfo.map((byte, at) => (at === groupInfo.length - 1 ? byte ^ 1 : byte))
  await expect(join({ groupInfo: broken })).rejects.toMatchObject({ code: 'invalid' })
  expect((await join({})).pending.members().length).toBe(3)
})

test('a device is added only after its key package was checked and its account is trusted', async () => {
  const { publicBytes } = await createPackage(createDevice(bob))
  await expect(his.commit({ add: [publicBytes], trust: () => false })).rejects.toMatchObject({ reason: 'untrusted' })
  await expect(his.commit({ add: [publicBytes.subarray(1)], trust })).rejects.toMatchObject({ code: 'malformed' })
})

test('a new group has its creator alone, who is admin unless the chat is direct', async () => {
  const create = (kind: 'group' | 'direct') => Group.create({ conversation, groupNo, identity: aliceDevice, kind })
  expect((await create('group')).roster).toEqual(groupRoster([alice.userId]))
  expect((await create('direct')).roster).toEqual({
    kind: 'direct',
    members: [{ userId: alice.userId, role: 'member' }],
  })
  expect(await create('group')).toMatchObject({ epoch: 0, ownLeafIndex: 0 })
})
