/**
 * These tests say who let a device in, and from which members it has heard. Members have signed
 * both.
 */
import { createAccountKey, createKeyPackage, type DeviceIdentity } from '@fastchat/crypto'
import { chatOperations, type LogEntry, type Operation, type Roster, toBase64Url, type UserId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { createGroup, createIdentity, Device, newId, Writer } from '../../testing/devices.ts'
import { ServerError } from '../errors.ts'
import { trackSilentMembers } from './silent-members.ts'

const account = createAccountKey()
const anaId = createIdentity(newId(), account)
const [benId, cleoId, danId] = [createIdentity(), createIdentity(), createIdentity()]
const nameOf = ({ method, path }: Operation) => `${method} ${path}`
const { getMessage, welcome } = chatOperations
const refuse = () => {
  throw new ServerError('not_found', 'No', {}, 0)
}

/** Ana is the admin. Cleo is in the group with her, and Ben joins. */
let ana: Writer
let cleo: Writer
let ben: Device
beforeEach(async () => {
  const [anas, cleos] = await createGroup([anaId, cleoId])
  ana = new Writer(anaId, anas!)
  cleo = new Writer(cleoId, cleos!)
  ben = await new Device(benId).begin({ status: 'joining', members: [] })
  ben.answers[nameOf(getMessage)] = refuse
})

const silent = () => ben.conversation.record.silent
const isAt = (cursor: number) => eventually(() => expect(ben.conversation.record.cursor).toBe(cursor), { everyMs: 5 })

const withMember = (roster: Roster, userId: UserId): Roster =>
  roster.members.some((member) => member.userId === userId)
    ? roster
    : { ...roster, members: [...roster.members, { userId, role: 'member' }] }

/** Cleo's device has followed the commit. */
async function follow(writer: Writer, { envelope }: LogEntry): Promise<void> {
  const bytes = Uint8Array.from(Buffer.from(envelope ?? '', 'base64url'))
  writer.group = (await writer.group.process(bytes, { trust: () => true, departed: [], revoked: [] })).group
}

async function adds(seq: number, identity: DeviceIdentity) {
  const created = await createKeyPackage(identity, { lastResort: false, now: Date.now() })
  const prior = ana.group.publicGroup
  const roster = withMember(ana.group.roster, identity.userId)
  const made = await ana.group.commit({ add: [created.publicBytes], roster, trust: () => true })
  ana.group = made.pending
  const entry = ana.at(seq, 'commit', made.commit)
  await follow(cleo, entry)
  const offer = {
    ...{ seq, groupNo: 1, welcome: toBase64Url(made.welcome ?? new Uint8Array()) },
    ...{ priorContext: toBase64Url(prior.contextBytes), priorTag: toBase64Url(prior.confirmationTag) },
  }
  return { entry, offer, created }
}

/** Ana adds Ben, in an entry that the server may have changed. */
async function comesIn(change: Partial<LogEntry> = {}): Promise<void> {
  const { entry, offer, created } = await adds(1, ben.identity)
  const kept = { privateBytes: toBase64Url(created.privateBytes), lastResort: false, createdAt: 0 }
  Object.assign(ben.context.keyPackages, { all: async () => new Map([[created.ref, kept]]) })
  ben.answers[nameOf(welcome)] = () => offer
  ben.receive({ ...entry, ...change })
  await isAt(1)
  ben.answers[nameOf(welcome)] = refuse
}

test('the line of a first entry names the member who has signed it', async () => {
  await comesIn()
  expect(ben.shown).toMatchObject([{ type: 'system', from: anaId.userId, event: { kind: 'invited' } }])
  expect(ben.counters.wrongSenders).toBe(0)
})

test('a further device of a user gets no line that it was invited', async () => {
  ben = await new Device(createIdentity(anaId.userId, account)).begin({ status: 'joining', members: [] })
  await comesIn()
  expect(ben.shown).toMatchObject([{ from: anaId.userId, event: { kind: 'joined' } }])
  expect(silent()).toEqual([cleoId.userId])
})

test('a server that puts another name on the commit does not change the inviter, and is reported', async () => {
  await comesIn({ from: cleoId.deviceId })
  expect(ben.shown).toMatchObject([
    { from: anaId.userId, event: { kind: 'invited' } },
    { event: { kind: 'trouble', code: 'wrong_sender' } },
  ])
  expect(silent()).toEqual([cleoId.userId])
  expect(ben.counters.wrongSenders).toBe(1)
})

test('a member is silent until a message of theirs was read, also one under a wrong sender', async () => {
  await comesIn()
  expect(silent()).toEqual([cleoId.userId])
  ben.receive(await ana.says(2, 'welcome'))
  await isAt(2)
  expect(silent()).toEqual([cleoId.userId])
  ben.receive({ ...(await cleo.says(3, 'hi')), from: anaId.deviceId })
  await isAt(3)
  expect([silent(), ben.texts]).toEqual([[], ['welcome']])
})

test('a change ends the silence of its author, and an unreadable message does not', async () => {
  await comesIn()
  const senderView = await cleo.says(2, 'x')
  ben.receive({ ...senderView, envelope: `${senderView.envelope?.slice(0, -8)}AAAAAAAA` })
  await isAt(2)
  expect([silent(), ben.kinds.at(-1)]).toEqual([[cleoId.userId], 'unreadable'])
  ben.receive(await cleo.commits(3))
  await isAt(3)
  expect(silent()).toEqual([])
})

test('an added member is silent, and a removed one is not listed', async () => {
  await comesIn()
  const { entry } = await adds(2, danId)
  ben.receive(entry)
  await isAt(2)
  expect(silent()?.toSorted()).toEqual([cleoId.userId, danId.userId].toSorted())
  const { roster } = ana.group
  const leaf = ana.group.members().find(({ userId }) => userId === danId.userId)?.leafIndex ?? -1
  const members = roster.members.filter(({ userId }) => userId !== danId.userId)
  ben.receive(await ana.commits(3, { roster: { ...roster, members }, remove: [leaf] }))
  await isAt(3)
  expect(silent()).toEqual([cleoId.userId])
})

test('after a device joins again, all members are silent', async () => {
  await comesIn()
  ben.receive(await cleo.says(2, 'hi'))
  await isAt(2)
  const before = { record: ben.conversation.record, group: ben.conversation.group }
  const again = { ...before, record: { ...before.record, joinedSeq: 3, cursor: 3 }, entries: [] }
  expect(new Set(trackSilentMembers(before, again, benId.userId).record.silent)).toEqual(
    new Set([anaId.userId, cleoId.userId]),
  )
})

test('in a record of a former version only added members are silent', async () => {
  const [anas, bens, cleos] = await createGroup([anaId, benId, cleoId])
  ana = new Writer(anaId, anas!)
  cleo = new Writer(cleoId, cleos!)
  ben = await new Device(benId).begin({}, bens)
  ben.receive(await ana.says(1, 'before'))
  await isAt(1)
  expect(silent()).toBeUndefined()
  ben.receive((await adds(2, danId)).entry)
  await isAt(2)
  expect(silent()).toEqual([danId.userId])
})
