/**
 * These tests say which group a device enters, which lines it adds, and what it reports when it
 * enters none.
 */
import { createKeyPackage, Group } from '@fastchat/crypto'
import { contextHashOf } from '@fastchat/crypto/verify'
import { chatOperations, type GroupNo, type LogEntry, type Operation, type Roster, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { ServerError } from '../errors.ts'

const [anaId, benId, cleoId] = [createIdentity(), createIdentity(), createIdentity()]
const nameOf = ({ method, path }: Operation) => `${method} ${path}`
const { commit, getConversation, getMessage, groupInfo, listMessages, welcome } = chatOperations
const notFound = () => {
  throw new ServerError('not_found', 'Not found')
}
const trust = () => true

let ana: Writer
let ben: Device
/** The server's handshakes. */
let log: LogEntry[]
beforeEach(async () => {
  const [anas, bens] = await createGroup([anaId, benId, cleoId])
  ana = new Writer(anaId, anas!)
  ana.groupInfo = await ana.group.groupInfo()
  log = []
  ben = await ready(new Device(benId)).begin({ lawful: lawfulOf(bens!) }, bens)
})

/** The server shows the true log and group. */
function ready(device: Device): Device {
  device.answers[nameOf(welcome)] = notFound
  device.answers[nameOf(groupInfo)] = () => infoOf(ana)
  device.answers[nameOf(getConversation)] = () => ({ members: [], departures: [], revocations: [] })
  device.answers[nameOf(commit)] = () => ({})
  device.answers[nameOf(listMessages)] = (input) => ({
    ...{ entries: log.filter(({ seq }) => seq > queryOf(input).after), lastSeq: device.lastSeq },
  })
  return device
}

const queryOf = (input: object) => (input as { query: { after: number } }).query
const lawfulOf = ({ groupNo, epoch }: Group) => ({ groupNo, epoch })
const infoOf = ({ group: { groupNo, epoch }, groupInfo: bytes }: Pick<Writer, 'group' | 'groupInfo'>) => ({
  ...{ groupNo, epoch },
  groupInfo: toBase64Url(bytes),
})
const events = () => ben.shown.flatMap(({ event }) => (event ? [event] : []))
/** The troubles about a shown group. A commit that cannot be followed has another code. */
const codes = () =>
  events().flatMap((event) => (event.kind === 'trouble' && event.code !== 'altered_on_the_way' ? [event.code] : []))
const join = () => ben.conversation.intents.want({ kind: 'join' })
const hasJoined = () => ben.called.includes(nameOf(commit))
const attempts = () => ben.called.filter((name) => name === nameOf(groupInfo)).length

async function commits(seq: number, change: Parameters<Writer['commits']>[1] = {}): Promise<LogEntry> {
  const entry = await ana.commits(seq, change)
  log.push(entry)
  return entry
}

/** Ben’s device can’t follow the commit at that position. */
async function breaks(seq: number): Promise<void> {
  const { commit: bytes } = await ana.group.commit({ trust })
  // The last byte belongs to the membership tag.
  const spoiled = bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte))
  const entry = ana.at(seq, 'commit', spoiled)
  ben.answers[nameOf(getMessage)] = () => entry
  ben.receive(entry)
}

test('a device enters no state from before the one that another device of its account knows', async () => {
  // The server hides the last commit, which the other device has seen.
  await commits(1)
  const shown = infoOf(ana)
  await ana.commits(2)
  const { groupNo, epoch, roster } = ana.group
  const contextHash = toBase64Url(contextHashOf(ana.group.publicGroup))
  ben.head = { groupNo, epoch, roster, contextHash }
  ben.answers[nameOf(groupInfo)] = () => shown
  await breaks(1)
  await eventually(() => expect(codes()).toEqual(['other_history']))
  expect(hasJoined()).toBe(false)
})

test('a device that could not follow a commit enters only the group to which the handshakes lead', async () => {
  const fork = await ana.group.commit({ trust })
  ben.answers[nameOf(groupInfo)] = () => infoOf({ group: fork.pending, groupInfo: fork.groupInfo })
  await commits(1)
  await breaks(1)
  await eventually(() => expect(codes()).toEqual(['other_history']))
  expect(hasJoined()).toBe(false)
  expect(ben.conversation.record).toMatchObject({ status: 'broken', brokenBy: 'unreadable' })
  ready(ben)
  ben.conversation.online()
  await eventually(() => expect(hasJoined()).toBe(true))
  expect(codes()).toEqual(['other_history'])
})

test('endless pages of handshakes end the way back', async () => {
  await commits(1)
  let pages = 0
  ben.answers[nameOf(listMessages)] = (input) => {
    if (++pages > 600) return { entries: [] }
    return { entries: [ana.at(queryOf(input).after + 1, 'leave', Uint8Array.of(pages))] }
  }
  await breaks(1)
  await eventually(() => expect(codes()).toEqual(['other_history']))
  expect(pages).toBe(500)
  expect(hasJoined()).toBe(false)
})

test('a page of known handshakes ends the way back at once', async () => {
  await commits(1)
  let pages = 0
  ben.answers[nameOf(listMessages)] = () => {
    if (++pages > 600) return { entries: [] }
    return { entries: log }
  }
  await breaks(1)
  await eventually(() => expect(codes()).toEqual(['other_history']))
  expect(pages).toBe(2)
  expect(hasJoined()).toBe(false)
})

test('a device does not enter a next group with other members, and a line says so', async () => {
  const [malloryId] = [createIdentity()]
  const [mallorys] = await createGroup([malloryId, benId], 2)
  const groupInfoOfHers = await mallorys!.groupInfo()
  ben.answers[nameOf(groupInfo)] = () => infoOf({ group: mallorys!, groupInfo: groupInfoOfHers })
  await breaks(1)
  await eventually(() => expect(codes()).toEqual(['other_history']))
  expect(hasJoined()).toBe(false)
})

test('a removed device enters no epoch from before its removal', async () => {
  const old = infoOf(ana)
  const { members, kind } = ana.group.roster
  const leaf = ana.group.members().find(({ userId }) => userId === benId.userId)
  const roster = { kind, members: members.filter(({ userId }) => userId !== benId.userId) }
  ben.receive(await commits(1, { remove: [leaf!.leafIndex], roster }))
  await eventually(() => expect(ben.conversation.record).toMatchObject({ status: 'removed', lawful: { isOver: true } }))
  ben = await ready(new Device(benId, ben.store)).begin({ ...ben.conversation.record, status: 'joining' })
  ben.answers[nameOf(groupInfo)] = () => old
  join().catch(() => {})
  await eventually(() => expect(codes()).toEqual(['cannot_enter']))
  expect(hasJoined()).toBe(false)
})

test('after the server claims that a place is lost, an older epoch is refused and the true group is entered', async () => {
  const old = infoOf(ana)
  ben.receive(await commits(1))
  await eventually(() => expect(ben.conversation.group?.epoch).toBe(2))
  ben.answers[nameOf(groupInfo)] = () => old
  await ben.conversation.displaced({ lost: false })
  await eventually(() => expect(codes()).toEqual(['other_history']))
  expect(events()[0]).toEqual({ kind: 'restored' })
  expect([hasJoined(), ben.conversation.group]).toEqual([false, undefined])
  await commits(2)
  // A device that has only its store refuses it, too.
  const shown = attempts()
  ben = ready(await ben.again())
  ben.conversation.online()
  await eventually(() => expect(hasJoined()).toBe(true))
  expect(shown).toBe(1)
})

test('after the server claims that a place is lost, another history of the same group is refused', async () => {
  const fork = new Writer(anaId, ana.group)
  await fork.commits(1)
  await fork.commits(2)
  ben.receive(await commits(1))
  await eventually(() => expect(ben.conversation.group?.epoch).toBe(2))
  ben.answers[nameOf(groupInfo)] = () => infoOf(fork)
  await ben.conversation.displaced({ lost: true })
  expect(ben.conversation.record.status).toBe('removed')
  ben.conversation.invited({ t: 'welcome', conversation, seq: 2, join: 'external' } as never)
  await eventually(() => expect(codes()).toEqual(['other_history']))
  expect(hasJoined()).toBe(false)
})

const restored = { conversation, from: 1, to: 9, reason: 'restore' } as Parameters<Device['receive']>[0]

test('after a restore a device waits for the next group and asks for no other', async () => {
  ben.answers[nameOf(getConversation)] = () => ({ groupNo: 7, epoch: 0, members: [], departures: [], revocations: [] })
  ben.receive(restored)
  await eventually(() => expect(ben.called).toContain(nameOf(getConversation)))
  ben.conversation.online()
  await eventually(() => expect(ben.called.filter((name) => name === nameOf(getConversation))).toHaveLength(2))
  expect(ben.conversation.record).toMatchObject({ status: 'broken', brokenBy: 'restored' })
  expect([attempts(), hasJoined()]).toEqual([0, false])
})

test('when a server claims a restore and continues with the group, the device returns into that group', async () => {
  await commits(1)
  await commits(2)
  ben.answers[nameOf(getConversation)] = () => ({ groupNo: 1, epoch: 3, members: [], departures: [], revocations: [] })
  ben.receive(restored)
  await eventually(() => expect(hasJoined()).toBe(true))
  expect(codes()).toEqual([])
})

/** Ana makes the next group of the same people. Ben has a Welcome to it at position 2. */
async function nextGroup(change: (roster: Roster) => Roster = (roster) => roster) {
  const roster = change(ana.group.roster)
  const others = [benId, cleoId].filter(({ userId }) => roster.members.some((member) => member.userId === userId))
  const packages = await Promise.all(
    others.map((identity) => createKeyPackage(identity, { lastResort: false, now: Date.now() })),
  )
  // The cast holds because the test chooses the number.
  const alone = await Group.create({ conversation, groupNo: 2 as GroupNo, identity: anaId, kind: 'group' })
  const made = await alone.commit({ add: packages.map(({ publicBytes }) => publicBytes), roster, trust })
  const { contextBytes, confirmationTag } = alone.publicGroup
  ben.answers[nameOf(welcome)] = () => ({
    ...{ seq: 2, groupNo: 2, welcome: toBase64Url(made.welcome!) },
    ...{ priorContext: toBase64Url(contextBytes), priorTag: toBase64Url(confirmationTag) },
  })
  const [{ ref, privateBytes }] = packages as [(typeof packages)[number]]
  const record = { privateBytes: toBase64Url(privateBytes), lastResort: false, createdAt: 0 }
  ben.context.keyPackages.all = async () => new Map([[ref, record]])
  return ana.at(2, 'commit', made.commit)
}

test('a device that a Welcome brings in while it reports a lie stays in', async () => {
  const fork = await ana.group.commit({ trust })
  ben.answers[nameOf(groupInfo)] = () => infoOf({ group: fork.pending, groupInfo: fork.groupInfo })
  await commits(1)
  const next = await nextGroup()
  const { write } = ben.store
  // The join is refused and ends. Before that is stored, the Welcome is read.
  ben.store.write = async (batch) => {
    const isEnd = batch.some(({ table, value }) => table === 'intents' && value === undefined)
    if (isEnd) await eventually(() => expect(ben.conversation.record.groupNo).toBe(2))
    await write.call(ben.store, batch)
  }
  await breaks(1)
  await eventually(() => expect(attempts()).toBe(1))
  ben.receive(next)
  await eventually(() => expect(codes()).toEqual(['other_history']))
  expect(ben.conversation.record).toMatchObject({ status: 'active', groupNo: 2 })
})

test('each difference between the entered group and the one before is a line', async () => {
  await breaks(1)
  await eventually(() => expect(ben.conversation.record.status).toBe('broken'))
  const admin = (roster: Roster): Roster => ({
    kind: roster.kind,
    members: roster.members
      .filter(({ userId }) => userId !== cleoId.userId)
      .map(({ userId }) => ({ userId, role: userId === anaId.userId ? 'admin' : 'member' })),
  })
  ben.receive(await nextGroup(admin))
  await eventually(() => expect(ben.conversation.record).toMatchObject({ status: 'active', groupNo: 2 }))
  expect(events().slice(-2)).toEqual([{ kind: 'restarted' }, { kind: 'removed', users: [cleoId.userId] }])
})

test.each(['externalPub', 'contextHash'] as const)(
  'a commit with another %s than the group’s adds a line with its author, and this device replaces it',
  async (field) => {
    const entry = await commits(1)
    const right = {
      externalPub: toBase64Url(await ana.group.externalPub()),
      contextHash: toBase64Url(ana.group.contextHash),
    }
    const wrong = toBase64Url(new Uint8Array(32).fill(9))
    ben.receive({ ...entry, ...right, [field]: wrong } as LogEntry)
    await eventually(() => expect(hasJoined()).toBe(true))
    expect(ben.shown).toMatchObject([
      { from: anaId.userId, device: anaId.deviceId, event: { kind: 'trouble', code: 'bad_group_info' } },
    ])
  },
)

test('a commit with the key and the hash of its group adds no line', async () => {
  const entry = await commits(1)
  const right = {
    externalPub: toBase64Url(await ana.group.externalPub()),
    contextHash: toBase64Url(ana.group.contextHash),
  }
  ben.receive({ ...entry, ...right } as LogEntry, await ana.says(2, 'after'))
  await eventually(() => expect(ben.texts).toEqual(['after']))
  expect([events(), hasJoined()]).toEqual([[], false])
})

test('after an upgrade, messages behind a change of the old group are a gap, and earlier ones are read', async () => {
  ben = await ready(new Device(benId)).begin(
    { status: 'broken', brokenBy: 'upgrade', lawful: lawfulOf(ben.conversation.group!) },
    ben.conversation.group!,
  )
  // Messages under the former rules have no chain.
  const text = new TextEncoder().encode(JSON.stringify({ v: 1, kind: 'text', text: 'before' }))
  const { group, envelope } = await ana.group.encrypt(text)
  ana.group = group
  ben.receive(ana.at(1, 'application', envelope), await commits(2), await ana.says(3, 'behind the change'))
  await eventually(() => expect(ben.conversation.record.cursor).toBe(3))
  expect([ben.kinds, ben.texts, ben.counters.undecryptable]).toEqual([['message', 'gap'], ['before'], 0])
})
