import { createAccountKey, createKeyPackage, Group, signLeave } from '@fastchat/crypto'
import { momentOf } from '@fastchat/crypto/verify'
import { type Head, type LogEntry, type Roster, toBase64Url } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import type { LookUp } from '../account/look-up.ts'
import { ServerError } from '../errors.ts'
import { readOffer, refuseOtherHistory } from './lawful-history.ts'

const anasAccount = createAccountKey()
const anaId = createIdentity(undefined, anasAccount)
const [benId, cleoId, danId] = [createIdentity(), createIdentity(), createIdentity()]
const everybody = [anaId, benId, cleoId]
const trust = () => true

/** The server's handshakes in order, and its past group infos. */
let log: LogEntry[]
let past: { groupNo: number; epoch: number; seq: number; groupInfo: string }[]
let ana: Writer
let ben: Writer
let cleo: Writer
/** A device of Cleo without a state. It knows the head that her other devices have stored. */
let fresh: Device

beforeEach(async () => {
  log = []
  past = []
  const [anas, bens, cleos] = await createGroup([anaId, benId, cleoId])
  ana = new Writer(anaId, anas!)
  ben = new Writer(benId, bens!)
  cleo = new Writer(cleoId, cleos!)
  await keeps(ana.group)
  fresh = await new Device(createIdentity(cleoId.userId)).begin({ status: 'joining' })
  fresh.answers['GET /v1/conversations/:conversation/messages'] = ({ query }) => ({
    entries: log.filter(({ seq }) => seq > (query as { after: number }).after).slice(0, 2),
  })
  fresh.answers['GET /v1/conversations/:conversation/group-info/past'] = ({ query }) => {
    const place = query as Place
    const found = past.filter(({ groupNo, epoch }) => groupNo === place.groupNo && epoch <= place.epoch).at(-1)
    if (!found) throw new ServerError('not_found', '')
    return found
  }
})
type Place = { groupNo: number; epoch: number }

/** The server keeps this past group info. */
async function keeps(group: Group): Promise<void> {
  const groupInfo = toBase64Url(await group.groupInfo())
  past.push({ groupNo: group.groupNo, epoch: group.epoch, seq: log.length, groupInfo })
}
async function commits(writer: Writer, change: Parameters<Writer['commits']>[1] = {}): Promise<void> {
  const before = writer.group
  log.push(await writer.commits(log.length + 1, change))
  for (const other of [ana, ben])
    if (other !== writer && other.group.groupNo === before.groupNo && other.group.epoch === before.epoch)
      other.group = (await other.group.process(bytesOf(log.at(-1)!), { trust, departed: [], revoked: [] })).group
}
const bytesOf = ({ envelope = '' }: LogEntry) => new Uint8Array(Buffer.from(envelope, 'base64url'))
const headOf = ({ groupNo, epoch, roster, contextHash }: Group): Head =>
  ({ groupNo, epoch, roster, contextHash: toBase64Url(contextHash) }) as Head
const enter = async ({ group }: Writer) => {
  const offered = await readOffer(await group.groupInfo())
  return await refuseOtherHistory(fresh.context, { record: fresh.conversation.record, group: undefined }, offered)
}
const without = ({ roster: { kind, members } }: Group, userId: string): Roster => ({
  kind,
  members: members.filter((member) => member.userId !== userId),
})

test('a device enters the group of the head itself', async () => {
  await commits(ana)
  fresh.head = headOf(ana.group)
  await expect(enter(ana)).resolves.toBeUndefined()
  expect(fresh.called).toEqual([])
})

test('a device enters a group that follows from the head, with any entries in between', async () => {
  for (let n = 0; n < 3; n++) await commits(n % 2 ? ben : ana)
  fresh.head = headOf(ana.group)
  log.push(ben.at(log.length + 1, 'leave', new Uint8Array(9)))
  for (let n = 0; n < 3; n++) await commits(n % 2 ? ben : ana)
  await expect(enter(ana)).resolves.toBeUndefined()
})

test('a device refuses another group at the epoch of the head', async () => {
  const fork = new Writer(anaId, ana.group)
  await commits(ana)
  fresh.head = headOf(ana.group)
  await fork.commits(1)
  await expect(enter(fork)).rejects.toMatchObject({ code: 'other_history' })
})

test('a device refuses an older group than the head', async () => {
  const old = new Writer(anaId, ana.group)
  await commits(ana)
  fresh.head = headOf(ana.group)
  await expect(enter(old)).rejects.toMatchObject({ code: 'other_history' })
})

test('a device refuses a branch that leaves the known group before the head, even a lawful one', async () => {
  const fork = new Writer(anaId, ana.group)
  await commits(ana)
  fresh.head = headOf(ana.group)
  log = []
  for (let seq = 1; seq <= 3; seq++) log.push(await fork.commits(seq))
  await expect(enter(fork)).rejects.toMatchObject({ code: 'other_history' })
})

test('a device enters a branch that leaves the known group after the head: a member has signed it', async () => {
  await commits(ana)
  fresh.head = headOf(ana.group)
  await commits(ana)
  await expect(enter(ana)).resolves.toBeUndefined()
  const fork = new Writer(anaId, ana.group)
  await commits(ana)
  await fork.commits(9)
  await expect(enter(fork)).rejects.toMatchObject({ code: 'other_history' })
})

test.each([
  ['shows none', () => past.splice(0)],
  ['shows a later one', () => past.splice(0, 1, { ...past[0]!, groupInfo: past[1]!.groupInfo })],
  ['shows bytes that are none', () => past.splice(0, 1, { ...past[0]!, groupInfo: 'AAAA' })],
])('a device does not join when the server hides how the head came about (it %s)', async (_, lie) => {
  await commits(ana)
  fresh.head = headOf(ana.group)
  await commits(ana)
  await commits(ana)
  await keeps(ana.group)
  lie()
  past = past.slice(0, 1)
  await expect(enter(ana)).rejects.toThrow()
})

test.each([
  ['the first', 0],
  ['one before the head', 1],
  ['one after the head', 3],
])('a device does not join when the server hides %s of the handshakes', async (_, at) => {
  for (let n = 0; n < 2; n++) await commits(ana)
  fresh.head = headOf(ana.group)
  for (let n = 0; n < 2; n++) await commits(ana)
  log.splice(at, 1)
  await expect(enter(ana)).rejects.toMatchObject({ name: 'CannotJoin' })
})

test('an older group info shows who had left before a later one was made', async () => {
  const leave = signLeave(benId, momentOf(ana.group.publicGroup))
  log.push(ben.at(log.length + 1, 'leave', leave))
  // A join from outside removes no one: Ben has left in the next epoch, too.
  const identity = createIdentity(anaId.userId, anasAccount)
  const joined = await Group.joinExternally({ groupInfo: await ana.group.groupInfo(), identity, trust })
  log.push(ana.at(log.length + 1, 'commit', joined.commit))
  await keeps(joined.pending)
  fresh.head = headOf(joined.pending)
  const process = async ({ group }: Writer, departed: (typeof benId.userId)[]) =>
    (await group.process(bytesOf(log.at(-1)!), { trust, departed, revoked: [] })).group
  cleo.group = await process(cleo, [benId.userId])
  const remove = cleo.group.members().flatMap(({ userId, leafIndex }) => (userId === benId.userId ? [leafIndex] : []))
  log.push(await cleo.commits(log.length + 1, { remove, roster: without(cleo.group, benId.userId) }))
  await expect(enter(cleo)).resolves.toBeUndefined()
  past = past.slice(1)
  await expect(enter(cleo)).rejects.toMatchObject({ code: 'unlawful' })
})

test('a device enters the next group with the members of the last one, or with fewer by an admin', async () => {
  fresh.head = headOf(ana.group)
  await commits(ana)
  for (const [members, outcome] of [
    [everybody, 'entered'],
    [[anaId, cleoId], 'entered'],
    [[benId, anaId, cleoId], 'refused'],
    [[anaId, benId, cleoId, danId], 'refused'],
  ] as const) {
    const [next] = await createGroup(members as never, 2)
    past = past.filter(({ groupNo }) => groupNo === 1)
    const writer = new Writer(members[0], next!)
    await keeps(writer.group)
    const entering = enter(writer)
    if (outcome === 'entered') await expect(entering).resolves.toBeUndefined()
    else await expect(entering).rejects.toMatchObject({ code: 'unlawful' })
  }
})

test('a device follows members who were added to the known group after the head, and to the next group', async () => {
  fresh.head = headOf(ana.group)
  const add = async (writer: Writer, identity: typeof danId) => {
    const { publicBytes } = await createKeyPackage(identity, { lastResort: false, now: Date.now() })
    const { kind, members } = writer.group.roster
    const roster: Roster = { kind, members: [...members, { userId: identity.userId, role: 'member' }] }
    const { pending, commit } = await writer.group.commit({ add: [publicBytes], roster, trust })
    writer.group = pending
    log.push(writer.at(log.length + 1, 'commit', commit))
  }
  await add(ana, danId)
  const [next] = await createGroup([anaId, benId, cleoId, danId], 2)
  const writer = new Writer(anaId, next!)
  await keeps(writer.group)
  await add(writer, createIdentity())
  await expect(enter(writer)).resolves.toBeUndefined()
})

test('for a group that a restored server has lost, the roster of the head counts', async () => {
  await commits(ana)
  fresh.head = headOf(ana.group)
  past = []
  for (const [members, isEntered] of [
    [everybody, true],
    [[danId, cleoId], false],
  ] as const) {
    const [next] = await createGroup(members as never, 3)
    past = []
    const writer = new Writer(members[0], next!)
    await keeps(writer.group)
    if (isEntered) await expect(enter(writer)).resolves.toBeUndefined()
    else await expect(enter(writer)).rejects.toMatchObject({ code: 'unlawful' })
  }
})

test('a device refuses a next group under unknown keys, even if they are gone when it enters', async () => {
  fresh.head = headOf(ana.group)
  const [next] = await createGroup([anaId, benId, cleoId], 2)
  const writer = new Writer(anaId, next!)
  await keeps(writer.group)
  fresh.lookUp = () =>
    ({ trust: async () => false, knows: async () => false, found: new Map() }) as Partial<LookUp> as LookUp
  await expect(enter(writer)).rejects.toMatchObject({ code: 'untrusted' })
})

test('a device with a state compares the group with the head, too', async () => {
  const own = ana.group
  const fork = new Writer(anaId, ana.group)
  await commits(ana)
  fresh.head = headOf(ana.group)
  const enterFrom = async ({ group }: Writer) => {
    const record = { ...fresh.conversation.record, brokenAt: 1 }
    return await refuseOtherHistory(fresh.context, { record, group: own }, await readOffer(await group.groupInfo()))
  }
  await expect(enterFrom(ana)).resolves.toBeUndefined()
  log = [await fork.commits(1), await fork.commits(2)]
  await expect(enterFrom(fork)).rejects.toMatchObject({ code: 'other_history' })
  expect(conversation).toBe(own.conversation)
})
