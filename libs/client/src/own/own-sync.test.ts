import { type MonotonicMs, systemClock, type WallMs } from '@fastchat/clock'
import { createAccountKey, deriveRecordKeys, deriveStateKey, recordName, sealOwnRecord } from '@fastchat/crypto'
import {
  authOperations,
  type DeviceId,
  type Operation,
  type OwnRecord,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { beforeEach, expect, test } from 'vitest'
import { newId } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { ServerError, Unreachable } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { encodeOwn } from './own-contents.ts'
import { OwnRows } from './own-rows.ts'
import { OwnSync } from './own-sync.ts'

const userId = newId<UserId>()
const stateKey = deriveStateKey(createAccountKey().accountPrivate)
const nameOf = (key: string) => recordName(deriveRecordKeys(stateKey), key)
const chat = 'chat/019abcde-f012-7345-8678-9abcdef01234'

/** The server's records. It keeps them in order, and may lie. */
class Server {
  records = new Map<string, OwnRecord>()
  change = 0
  isAway = false
  isFull = false
  puts = 0
  pageSize = 100

  readonly call = async (operation: Operation, input: { query?: { after?: number }; body?: unknown }) => {
    if (this.isAway) throw new Unreachable('away')
    if (operation === authOperations.listOwnRecords) return this.#list(input.query?.after ?? 0)
    // The cast holds because this is the only other operation.
    return this.#put((input.body as { records: Omit<OwnRecord, 'change'>[] }).records)
  }

  #list(after: number) {
    const later = [...this.records.values()].filter(({ change }) => change > after).sort((a, b) => a.change - b.change)
    const records = later.slice(0, this.pageSize)
    const next = later.length > records.length ? { next: records.at(-1)!.change } : {}
    return { records, change: this.change, ...next }
  }

  #put(records: readonly Omit<OwnRecord, 'change'>[]) {
    this.puts++
    if (this.isFull) throw new ServerError('records_full', '')
    const stale: string[] = []
    for (const record of records) {
      if (record.version === (this.records.get(record.name)?.version ?? 0) + 1)
        this.records.set(record.name, { ...record, change: ++this.change })
      else stale.push(record.name)
    }
    return { change: this.change, stale }
  }
}

let server: Server
beforeEach(() => {
  server = new Server()
})

class TestDevice {
  readonly store: Store
  readonly told: string[] = []
  readonly deviceId = newId<DeviceId>()
  isOnline = true
  nowMs = 1_000
  rows!: OwnRows
  sync!: OwnSync

  constructor(store: Store = memoryStore()) {
    this.store = store
  }

  async open(hasKey = true): Promise<this> {
    const clock = { wallMs: () => this.nowMs as WallMs }
    this.rows = await OwnRows.open({ store: this.store, deviceId: this.deviceId, clock })
    const identity = { userId, ...(hasKey && { stateKey: toBase64Url(stateKey) }) }
    this.sync = new OwnSync(identity, this.rows, {
      api: { call: server.call as never },
      tell: ({ code }) => void this.told.push(code),
      failed: (error) => void this.told.push(error.message),
      isOnline: () => this.isOnline,
      clock: { monotonicMs: () => systemClock.monotonicMs() as MonotonicMs },
    })
    return this
  }

  /** Connects and waits until this device and the server know the same. */
  async connect(dbEpoch = 'db'): Promise<this> {
    await this.sync.connected(dbEpoch)
    return this
  }
}
const openPair = async () => [await new TestDevice().open(), await new TestDevice().open()] as const

test('what one device sets, the other and a new one learn', async () => {
  const [laptop, phone] = await openPair()
  await laptop.rows.set(chat, 'muted', { until: null })
  await laptop.rows.raise(chat, 7)
  await laptop.connect()
  await phone.connect()
  const fresh = await (await new TestDevice().open()).connect()
  for (const device of [phone, fresh]) {
    expect(device.rows.value(chat, 'muted')).toEqual({ until: null })
    expect(device.rows.get(chat)?.read).toBe(7)
  }
  expect([...server.records.keys()]).toEqual([nameOf(chat)])
  expect([laptop.told, phone.told]).toEqual([[], []])
})

test('a change is stored at the server shortly after it was made', async () => {
  const laptop = await (await new TestDevice().open()).connect()
  await laptop.rows.set(chat, 'muted', 1)
  await eventually(() => expect(server.records.size).toBe(1))
  await laptop.sync.stop()
})

test('offline changes are uploaded later, also by another process', async () => {
  const laptop = await new TestDevice().open()
  server.isAway = true
  await laptop.rows.set('draft/x', 'text', 'hi')
  await laptop.connect()
  await laptop.sync.stop()
  server.isAway = false
  const again = await new TestDevice(laptop.store).open()
  await again.connect()
  expect((await (await new TestDevice().open()).connect()).rows.value('draft/x', 'text')).toBe('hi')
})

test('a device that was stopped and started again stores its changes as before', async () => {
  const laptop = await (await new TestDevice().open()).connect()
  await laptop.sync.stop()
  await laptop.connect()
  await laptop.rows.raise(chat, 5)
  await eventually(() => expect(server.records.size).toBe(1))
  await laptop.sync.stop()
})

test('a change made while the one before is being stored goes out, too', async () => {
  const laptop = await (await new TestDevice().open()).connect()
  await laptop.rows.raise(chat, 5)
  const { call } = server
  const slow = async (...args: Parameters<Server['call']>) => {
    const answer = await call(...args)
    if (args[0] === authOperations.putOwnRecords && server.puts === 1) await laptop.rows.raise(chat, 9)
    return answer
  }
  Object.assign(server, { call: slow })
  const again = await new TestDevice(laptop.store).open()
  laptop.rows = again.rows
  await again.connect()
  Object.assign(server, { call })
  expect((await (await new TestDevice().open()).connect()).rows.get(chat)?.read).toBe(9)
})

test('of two records stored at once only the one that lost is merged and stored again', async () => {
  const [laptop, phone] = await openPair()
  await laptop.rows.raise(chat, 5)
  await laptop.connect()
  await phone.rows.raise(chat, 9)
  await phone.rows.raise('chat/other', 3)
  const { call } = server
  // The laptop is faster, after the phone has read.
  let isDone = false
  const racing = async (...args: Parameters<Server['call']>) => {
    if (args[0] === authOperations.putOwnRecords && !isDone) {
      isDone = true
      const mine = server.records.get(nameOf(chat))!
      const contents = encodeOwn({ v: 1, key: chat, read: 7, fields: { muted: { n: 1, d: 'x', x: 1 } } })
      const place = { userId, name: mine.name, version: mine.version + 1 }
      const body = toBase64Url(await sealOwnRecord(deriveRecordKeys(stateKey), place, contents))
      server.records.set(mine.name, { ...mine, version: place.version, body, change: ++server.change })
    }
    return await call(...args)
  }
  Object.assign(server, { call: racing })
  const again = await new TestDevice(phone.store).open()
  await again.connect()
  Object.assign(server, { call })
  const fresh = await (await new TestDevice().open()).connect()
  for (const { rows } of [again, fresh]) {
    expect(rows.get(chat)).toMatchObject({ read: 9, fields: { muted: { x: 1 } } })
    expect(rows.get('chat/other')?.read).toBe(3)
  }
  expect(again.told).toEqual([])
})

test('two devices that change the same at once end with the same, whatever their clocks say', async () => {
  const [laptop, phone] = await openPair()
  laptop.nowMs = 5_000_000
  await laptop.rows.set(chat, 'pinned', 'of the laptop')
  await phone.rows.set(chat, 'pinned', 'of the phone')
  await phone.rows.raise(chat, 9)
  await laptop.rows.raise(chat, 4)
  await Promise.all([laptop.connect(), phone.connect()])
  await Promise.all([laptop.connect(), phone.connect()])
  expect(phone.rows.get(chat)).toEqual(laptop.rows.get(chat))
  expect(phone.rows.get(chat)).toMatchObject({ read: 9, fields: { pinned: { x: 'of the laptop' } } })
  // The clock of the phone is behind. It has seen the other value, so its next one wins.
  await phone.rows.set(chat, 'pinned', 'again')
  await phone.connect()
  await laptop.connect()
  expect(laptop.rows.value(chat, 'pinned')).toBe('again')
})

test('a server that shows old versions moves nothing back, and is told from a restored one', async () => {
  const laptop = await new TestDevice().open()
  await laptop.rows.raise(chat, 5)
  await laptop.connect()
  const old = { ...server.records.get(nameOf(chat))! }
  await laptop.rows.raise(chat, 9)
  await laptop.rows.set(chat, 'muted', 1)
  await laptop.connect()
  server.records.set(old.name, { ...old, change: ++server.change })
  await laptop.connect()
  expect(laptop.rows.get(chat)).toMatchObject({ read: 9, fields: { muted: { x: 1 } } })
  expect(laptop.told).toEqual(['own_records_old'])
  // It was stored again, as the next version.
  expect((await (await new TestDevice().open()).connect()).rows.get(chat)?.read).toBe(9)
})

test('a server that has forgotten everything gets it again', async () => {
  const laptop = await new TestDevice().open()
  await laptop.rows.raise(chat, 5)
  await laptop.rows.set('settings', 'receipts', false)
  await laptop.connect()
  server = Object.assign(server, new Server(), { call: server.call })
  await laptop.connect()
  expect(laptop.told).toEqual(['own_records_old'])
  expect((await (await new TestDevice().open()).connect()).rows.get(chat)?.read).toBe(5)
})

test('a restored database gets the records again, and no alarm is raised', async () => {
  const laptop = await new TestDevice().open()
  await laptop.rows.raise(chat, 5)
  await laptop.connect()
  server = Object.assign(server, new Server(), { call: server.call })
  await laptop.connect('restored')
  expect(laptop.told).toEqual([])
  expect(server.records.size).toBe(1)
})

test('a record that was altered, or moved to another name, is not used, and is replaced', async () => {
  const [laptop, phone] = await openPair()
  await laptop.rows.raise(chat, 5)
  await laptop.rows.raise('chat/other', 3)
  await laptop.connect()
  const [mine, other] = [server.records.get(nameOf(chat))!, server.records.get(nameOf('chat/other'))!]
  server.records.set(mine.name, { ...mine, body: other.body })
  await phone.rows.raise(chat, 2)
  await phone.connect()
  expect(phone.rows.get(chat)?.read).toBe(2)
  expect(phone.told).toEqual(['own_records_wrong'])
  await laptop.connect()
  expect(laptop.rows.get(chat)?.read).toBe(5)
})

test('a record of another account is not used', async () => {
  const laptop = await new TestDevice().open()
  await laptop.rows.raise(chat, 5)
  await laptop.connect()
  const mine = server.records.get(nameOf(chat))!
  const others = deriveRecordKeys(deriveStateKey(createAccountKey().accountPrivate))
  const place = { userId: newId<UserId>(), name: mine.name, version: mine.version }
  const contents = encodeOwn({ v: 1, key: chat, read: 99, fields: {} })
  const body = toBase64Url(await sealOwnRecord(others, place, contents))
  // Of another user under the same key: a copy of the key alone must not be enough.
  const moved = toBase64Url(await sealOwnRecord(deriveRecordKeys(stateKey), place, contents))
  for (const theirs of [body, moved]) {
    server.records.set(mine.name, { ...mine, body: theirs, change: ++server.change })
    const phone = await (await new TestDevice().open()).connect()
    expect(phone.rows.get(chat)).toBeUndefined()
    expect(phone.told).toEqual(['own_records_wrong'])
  }
})

test('a record that one of the own devices sealed under the name of another chat is not used', async () => {
  const place = { userId, name: nameOf('chat/other'), version: 1 }
  const contents = encodeOwn({ v: 1, key: chat, read: 99, fields: {} })
  const body = toBase64Url(await sealOwnRecord(deriveRecordKeys(stateKey), place, contents))
  server.records.set(place.name, { name: place.name, version: 1, body, change: ++server.change })
  const phone = await (await new TestDevice().open()).connect()
  expect([phone.rows.get(chat), phone.told]).toEqual([undefined, ['own_records_wrong']])
})

test('an old body under a later version is not used, and the device stores its own above it', async () => {
  const laptop = await new TestDevice().open()
  await laptop.rows.raise(chat, 5)
  await laptop.connect()
  const old = server.records.get(nameOf(chat))!
  await laptop.rows.raise(chat, 9)
  await laptop.connect()
  server.records.set(old.name, { ...old, version: 7, change: ++server.change })
  await laptop.connect()
  expect([laptop.rows.get(chat)?.read, laptop.told]).toEqual([9, ['own_records_wrong']])
  expect(server.records.get(old.name)?.version).toBe(8)
  expect((await (await new TestDevice().open()).connect()).rows.get(chat)?.read).toBe(9)
})

test('a server whose list never ends is left', async () => {
  const laptop = await new TestDevice().open()
  let asked = 0
  const { call } = server
  const endless = async (operation: Operation, input: { query?: { after?: number } }) => {
    if (operation !== authOperations.listOwnRecords) return await call(operation, input)
    asked++
    const after = input.query?.after ?? 0
    return { records: [], change: after + 1, next: after + 1 }
  }
  Object.assign(server, { call: endless })
  const again = await new TestDevice(laptop.store).open()
  await again.connect()
  expect(asked).toBeLessThan(1_000)
  expect(asked).toBeGreaterThan(1)
})

test('many records come in pages, and go out in batches', async () => {
  const laptop = await new TestDevice().open()
  await Promise.all(Array.from({ length: 150 }, (_, n) => laptop.rows.raise(`chat/${n}`, n + 1)))
  await laptop.connect()
  expect(server.puts).toBe(3)
  server.pageSize = 40
  const phone = await (await new TestDevice().open()).connect()
  expect(phone.rows.all.size).toBe(150)
  expect(phone.rows.hasNews).toBe(false)
})

test('a server that takes no more is reported, and the device goes on', async () => {
  const laptop = await new TestDevice().open()
  server.isFull = true
  await laptop.rows.raise(chat, 5)
  await laptop.connect()
  expect(laptop.told).toEqual(['own_records_full'])
  expect(laptop.rows.get(chat)?.read).toBe(5)
})

test('a value that would not fit at the server is refused at once', async () => {
  const laptop = await new TestDevice().open()
  await expect(laptop.rows.set('draft/x', 'text', 'x'.repeat(4_000))).rejects.toMatchObject({ code: 'too_large' })
})

test('a device without the key takes no part', async () => {
  const old = await (await new TestDevice().open(false)).connect()
  await old.rows.raise(chat, 5)
  await old.sync.stop()
  expect(server.puts).toBe(0)
})
