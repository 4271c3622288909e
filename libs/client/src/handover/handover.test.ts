import {
  createAccountKey,
  createDeviceKeys,
  createHandoverKeys,
  sealHandover,
  signCredential,
  signHandoverAnswer,
  signHandoverAsk,
} from '@fastchat/crypto'
import {
  type ConversationId,
  type Device,
  type DeviceId,
  fromBase64Url,
  type HandoverAnswer,
  type HandoverAsk,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { emptyIndex } from '../backup/index-contents.ts'
import { ServerError } from '../errors.ts'
import { newDeviceId, newMessageId, newUserId } from '../new-id.ts'
import { OwnRows } from '../own/own-rows.ts'
import { Batch, type ConversationRecord, type Entry, type Identity, lineKey, parseRecord } from '../store/records.ts'
import { Handover } from './handover.ts'
import type { HandoverPort } from './handover-port.ts'
import { putHandover, readHandover, wantHandover } from './handover-record.ts'
import { answerIn, askIn, slotOf, slots } from './slots.ts'

// The id has the form of one.
const conversation = '0195f3a0-7c00-7000-8000-000000000003' as ConversationId
const userId: UserId = newUserId()
const account = createAccountKey()

/** The server holds this. It may lie about all of it. */
const server = {
  devices: [] as Device[],
  blobs: new Map<string, Uint8Array<ArrayBuffer>>(),
  downloads: [] as string[],
}
beforeEach(() => {
  server.devices = []
  server.blobs.clear()
  server.downloads = []
})

const api = {
  call: async () => ({ devices: server.devices }),
  upload: async (path: string, bytes: Uint8Array<ArrayBuffer>) => void server.blobs.set(path, bytes.slice()),
  async download(path: string) {
    server.downloads.push(path)
    const bytes = server.blobs.get(path)
    if (!bytes) throw new ServerError('not_found', 'Not found')
    return bytes
  },
}

type Machine = Awaited<ReturnType<typeof machine>>

/** Makes a device that `signer` has signed, and that the server lists. */
async function machine(signer = account) {
  const keys = createDeviceKeys()
  const deviceId = newDeviceId()
  const credentialSig = signCredential(signer.accountPrivate, { userId, deviceId, signatureKey: keys.signaturePublic })
  const identity = {
    ...{ userId, deviceId, username: 'ana', deviceName: 'laptop', stateKey: 'x' },
    accountKey: toBase64Url(account.accountKey),
    credentialSig: toBase64Url(credentialSig),
    signaturePrivate: toBase64Url(keys.signaturePrivate),
    signaturePublic: toBase64Url(keys.signaturePublic),
  } as Identity
  server.devices.push({
    ...{ deviceId, name: 'laptop', createdAt: new Date(0).toISOString() },
    signatureKey: identity.signaturePublic,
    credentialSig: identity.credentialSig,
  } as Device)
  const store = memoryStore()
  const clock = { wallMs: () => 1_000_000 as never }
  const rows = await OwnRows.open({ store, deviceId, clock })
  const revoked = new Set<DeviceId>()
  let record = {
    conversation,
    kind: 'direct',
    status: 'left',
    joinedSeq: 0,
    cursor: 0,
    lastAt: 1,
    members: [],
  } as unknown as ConversationRecord
  const device = {
    identity,
    store,
    rows,
    revoked,
    set record(change: Partial<ConversationRecord>) {
      record = { ...record, ...change }
    },
    /** Opens the device anew from its store. */
    async open(): Promise<Handover> {
      const port: HandoverPort = {
        // Only these calls are made.
        ...{ api: api as unknown as HandoverPort['api'], store, identity, rows, clock },
        records: () => [record],
        isForgotten: () => false,
        index: () => emptyIndex,
        handed: (id) => handover.handed(id),
        isRevoked: (id) => revoked.has(id),
        isOnline: () => true,
        // The tests take the parts themselves.
        inTurn: async () => {},
        taken: async () => {},
        changed: () => {},
        random: () => 0,
      }
      const handover = new Handover(await readHandover(store), port)
      return handover
    },
  }
  return device
}

/** Does what the server and the own records do: `to` gets the records of `from`. */
async function exchange(from: Machine, to: Machine): Promise<void> {
  const arrived = [...from.rows.all].map(([key, { contents, version }]) => ({ key, version, contents }))
  await to.rows.merge(arrived, { change: 0 })
}

async function write(one: Machine, count: number): Promise<void> {
  const batch = new Batch()
  for (let seq = 1; seq <= count; seq++) {
    const entry: Entry = {
      ...{ type: 'message', conversation, seq, at: seq, id: newMessageId(), from: userId },
      payload: { v: 1, kind: 'text', text: `${seq} ${'x'.repeat(2_000)}` },
    }
    batch.put('entries', lineKey(conversation, seq, 0), entry)
  }
  await one.store.write(batch.writes)
  one.record = { cursor: count } as Partial<ConversationRecord>
}

const restored = async (one: Machine): Promise<number[]> =>
  (await one.store.list('restored', { prefix: `${conversation}/` })).map(({ value }) => parseRecord<Entry>(value).seq)
const want = (one: Machine) => one.store.write(wantHandover(new Batch()).writes)
const answerTo = (one: Machine) => answerIn(one.rows, slotOf(one.identity.deviceId))

/** Makes a new device ask, and an old one see it and answer. */
async function askAndAnswer(laptop: Machine, phone: Machine): Promise<Handover> {
  await want(phone)
  const asking = await phone.open()
  await asking.connected()
  await exchange(phone, laptop)
  const giving = await laptop.open()
  await giving.sawNew(phone.identity.deviceId)
  await giving.idle()
  return asking
}

test('a new device gets all lines, the newest first, and each part once if it is interrupted', async () => {
  const [laptop, phone] = [await machine(), await machine()]
  await write(laptop, 4_000)
  const asking = await askAndAnswer(laptop, phone)
  await exchange(laptop, phone)
  await asking.take(AbortSignal.abort())
  expect(asking.status.state).toBe('arriving')
  expect(server.downloads).toHaveLength(0)
  await asking.take(new AbortController().signal)
  const all = Array.from({ length: 4_000 }, (_, n) => n + 1)
  expect(await restored(phone)).toEqual(all)
  expect(asking.status).toMatchObject({ state: 'done', lines: 4_000, from: laptop.identity.deviceId })
  expect(asking.status.parts.of).toBeGreaterThan(2)
  expect(new Set(server.downloads).size).toBe(server.downloads.length)
  expect(asking.handed(conversation)).toEqual([[1, 4_000]])
  // Nothing of the exchange stays behind.
  expect(slots.flatMap((slot) => [askIn(phone.rows, slot), answerIn(phone.rows, slot)])).toEqual(
    Array(8).fill(undefined),
  )
})

test('an interruption between two parts repeats none, and no line', async () => {
  const [laptop, phone] = [await machine(), await machine()]
  await write(laptop, 4_000)
  await askAndAnswer(laptop, phone)
  await exchange(laptop, phone)
  const [first, second] = [...server.blobs.keys()]
  const bytes = second === undefined ? undefined : server.blobs.get(second)
  if (first === undefined || second === undefined || !bytes) throw new Error('two parts')
  // The connection breaks behind the first part.
  const interrupted = await phone.open()
  const download = api.download
  api.download = async (path) => {
    if (path === second) throw new Error('connection lost')
    return await download(path)
  }
  await interrupted.take(new AbortController().signal)
  expect(await restored(phone)).toHaveLength(50)
  api.download = download
  const again = await phone.open()
  await again.take(new AbortController().signal)
  expect(await restored(phone)).toHaveLength(4_000)
  expect(server.downloads.filter((path) => path === first)).toHaveLength(1)
})

test('a device of another account, a revoked one, an unlisted one and one known for long get nothing', async () => {
  const laptop = await machine()
  await write(laptop, 10)
  const stranger = await machine(createAccountKey())
  const revoked = await machine()
  laptop.revoked.add(revoked.identity.deviceId)
  const unlisted = await machine()
  server.devices = server.devices.filter(({ deviceId }) => deviceId !== unlisted.identity.deviceId)
  for (const one of [stranger, revoked, unlisted]) {
    await askAndAnswer(laptop, one)
    await exchange(laptop, one)
    expect(answerTo(one)).toBeUndefined()
  }
  const old = await machine()
  await want(old)
  await (await old.open()).connected()
  await exchange(old, laptop)
  const giving = await laptop.open()
  await giving.connected()
  await giving.idle()
  expect(answerIn(laptop.rows, slotOf(old.identity.deviceId))).toBeUndefined()
  expect(server.blobs.size).toBe(0)
})

test('an ask that another device has made in the name of a new one gets nothing', async () => {
  const [laptop, phone, thief] = [await machine(), await machine(), await machine()]
  await write(laptop, 10)
  const { publicKey } = createHandoverKeys()
  const claims = { userId, device: phone.identity.deviceId, id: newMessageId(), key: publicKey }
  const sig = signHandoverAsk(fromBase64Url(thief.identity.signaturePrivate), claims)
  const ask: HandoverAsk = { ...claims, v: 1, key: toBase64Url(publicKey), sig: toBase64Url(sig) }
  await laptop.rows.set(slotOf(phone.identity.deviceId), 'ask', ask)
  const giving = await laptop.open()
  await giving.sawNew(phone.identity.deviceId)
  await giving.idle()
  expect(server.blobs.size).toBe(0)
})

test('an answer of a stranger, of a revoked device or to another ask is not taken', async () => {
  const [laptop, phone, stranger] = [await machine(), await machine(), await machine(createAccountKey())]
  await write(laptop, 10)
  const asking = await askAndAnswer(laptop, phone)
  await exchange(laptop, phone)
  const slot = slotOf(phone.identity.deviceId)
  const [ask, honest] = [askIn(phone.rows, slot), answerTo(phone)]
  if (!ask || !honest) throw new Error('an answer')

  /** Makes an answer that names a device, and that another one has signed. */
  const forge = async (from: Machine, { identity }: Machine = from): Promise<HandoverAnswer> => {
    const { privateKey, publicKey } = createHandoverKeys()
    const device = identity.deviceId
    const askKey = fromBase64Url(ask.key)
    const ends = { from: { device, key: publicKey }, to: { device: ask.device, key: askKey } }
    const contents = new TextEncoder().encode(JSON.stringify({ v: 1, parts: [], isWhole: true }))
    const sealed = await sealHandover(privateKey, askKey, { userId, id: ask.id, ...ends }, contents)
    const claims = { userId, device, id: ask.id, key: publicKey, askKey, sealed }
    const sig = toBase64Url(signHandoverAnswer(fromBase64Url(from.identity.signaturePrivate), claims))
    return { v: 1, id: ask.id, device, key: toBase64Url(publicKey), sealed: toBase64Url(sealed), sig }
  }
  phone.revoked.add(laptop.identity.deviceId)
  const lies = [
    await forge(stranger),
    honest, // the laptop counts as revoked here
    await forge(laptop, phone),
    { ...honest, id: newMessageId() },
  ]
  for (const lie of lies) {
    await phone.rows.set(slot, 'answer', lie)
    await asking.take(new AbortController().signal)
    expect(asking.status).toMatchObject({ state: 'asked', lines: 0 })
  }
  phone.revoked.clear()
  const again = await phone.open()
  await phone.rows.set(slot, 'answer', await forge(stranger, laptop))
  await again.take(new AbortController().signal)
  expect(again.status.state).toBe('asked')
  const moved = honest.sealed.startsWith('A') ? 'B' : 'A'
  await phone.rows.set(slot, 'answer', { ...honest, sealed: moved + honest.sealed.slice(1) })
  await again.take(new AbortController().signal)
  expect(again.status.state).toBe('asked')
  await phone.rows.set(slot, 'answer', honest)
  await (await phone.open()).take(new AbortController().signal)
  expect(await restored(phone)).toHaveLength(10)
})

test('parts that the server exchanges or drops are left to the backup', async () => {
  const [laptop, phone] = [await machine(), await machine()]
  await write(laptop, 4_000)
  const asking = await askAndAnswer(laptop, phone)
  await exchange(laptop, phone)
  const [first, second, third] = [...server.blobs.keys()]
  if (!first || !second || !third) throw new Error('three parts')
  const other = server.blobs.get(first)
  if (other) server.blobs.set(second, other)
  server.blobs.delete(third)
  await asking.take(new AbortController().signal)
  expect(asking.status.state).toBe('done')
  const found = await restored(phone)
  expect(found.length).toBeLessThan(4_000)
  expect(found).toEqual(found.toSorted((a, b) => a - b))
  // The backup restores what is not named here.
  const [[from]] = asking.handed(conversation) as [[number, number]]
  expect(found[0]).toBe(from)
})

test('a device that signed in long ago does not ask, and one without other devices ends at once', async () => {
  const old = await machine()
  const home = await old.open()
  await home.connected()
  expect(home.status.state).toBe('none')
  expect(old.rows.all.size).toBe(0)
  server.devices = []
  const alone = await machine()
  await alone.store.write(
    putHandover(wantHandover(new Batch()), { ...(await readHandover(alone.store)), state: 'wanted' }).writes,
  )
  const handover = await alone.open()
  await handover.connected()
  expect((await readHandover(alone.store)).state).toBe('over')
  expect(alone.rows.all.size).toBe(0)
})
