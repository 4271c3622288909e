import { randomBytes } from 'node:crypto'
import { openPrisma } from '@fastchat/db'
import { authOperations, limits, toBase64Url } from '@fastchat/schema'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOwnRecords } from '../src/domain/own-records.ts'
import { createOwnRecordStore } from '../src/store/own-record-store.ts'
import { type Auth, signUp, startAuth, type TestDevice } from './auth.ts'

let auth: Auth
let database: pg.Client
beforeAll(async () => {
  auth = await startAuth()
  database = new pg.Client(auth.databaseUrl)
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await auth.stop()
})

const sealed = (text: string) => toBase64Url(Buffer.from(text))
const newName = () => toBase64Url(randomBytes(16))
const recordOf = (name: string, version: number, text: string) => ({ name, version, body: sealed(text) })
const list = ({ tokens }: TestDevice, query: Record<string, string> = {}) =>
  auth.call(authOperations.listOwnRecords, { token: tokens.accessToken, query })
const put = ({ tokens }: TestDevice, ...records: ReturnType<typeof recordOf>[]) =>
  auth.call(authOperations.putOwnRecords, { token: tokens.accessToken, body: { records } })

test('all devices of the account, and no others, read what one of them stored', async () => {
  const [alice, mallory] = [await signUp(auth, 'alice'), await signUp(auth, 'mallory')]
  const [laptop, phone, other] = [await alice.addDevice(), await alice.addDevice(), await mallory.addDevice()]
  expect((await list(laptop)).body).toEqual({ records: [], change: 0 })
  const [a, b] = [newName(), newName()]
  expect((await put(laptop, recordOf(a, 1, 'one'), recordOf(b, 1, 'two'))).body).toEqual({ change: 2, stale: [] })
  expect((await list(phone)).body).toEqual({
    records: [
      { ...recordOf(a, 1, 'one'), change: 1 },
      { ...recordOf(b, 1, 'two'), change: 2 },
    ],
    change: 2,
  })
  expect((await put(phone, recordOf(a, 2, 'three'))).body).toEqual({ change: 3, stale: [] })
  expect((await list(laptop, { after: '2' })).body).toEqual({
    records: [{ ...recordOf(a, 2, 'three'), change: 3 }],
    change: 3,
  })
  expect((await list(other)).body).toEqual({ records: [], change: 0 })
  expect((await put(other, recordOf(a, 3, 'x'))).body).toEqual({ change: 0, stale: [a] })
})

test('only the next version of a record is stored, and the others of the batch nevertheless', async () => {
  const device = await (await signUp(auth, 'bob')).addDevice()
  const [a, b] = [newName(), newName()]
  await put(device, recordOf(a, 1, 'one'))
  for (const version of [1, 3]) expect((await put(device, recordOf(a, version, 'x'))).body.stale).toEqual([a])
  expect((await put(device, recordOf(a, 1, 'x'), recordOf(b, 1, 'two'))).body).toEqual({ change: 2, stale: [a] })
  expect((await list(device)).body.records.map(({ body }) => body)).toEqual([sealed('one'), sealed('two')])
  for (const version of [0, 2 ** 31]) expect((await put(device, recordOf(a, version, 'x'))).code).toBe('bad_request')
})

test('of many devices that store a version at once, one succeeds, and no change number is used twice', async () => {
  const dave = await signUp(auth, 'dave')
  const devices = await Promise.all(Array.from({ length: 5 }, () => dave.addDevice()))
  const name = newName()
  const answers = await Promise.all(
    devices.map((device, n) => put(device, recordOf(name, 1, `of ${n}`), recordOf(newName(), 1, 'own'))),
  )
  expect(answers.filter(({ body }) => body.stale.length === 0)).toHaveLength(1)
  const { records, change } = (await list(devices[0]!)).body
  expect(records.map((record) => record.change)).toEqual([1, 2, 3, 4, 5, 6])
  expect(change).toBe(6)
})

test('pages follow each other in the order of the changes', async () => {
  const device = await (await signUp(auth, 'carol')).addDevice()
  const names = Array.from({ length: 5 }, newName)
  await put(device, ...names.map((name) => recordOf(name, 1, name)))
  const first = (await list(device, { limit: '2' })).body
  expect(first).toMatchObject({ next: 2, change: 5 })
  const second = (await list(device, { after: String(first.next), limit: '3' })).body
  expect([...first.records, ...second.records].map(({ name }) => name)).toEqual(names)
  expect((await list(device, { after: String(second.next) })).body).toEqual({ records: [], change: 5 })
})

test('the largest batch is stored byte for byte, and larger ones are rejected', async () => {
  const device = await (await signUp(auth, 'erin')).addDevice()
  const body = toBase64Url(Buffer.alloc(limits.maxOwnRecordBytes, 'FastChat'))
  const records = Array.from({ length: limits.maxOwnRecordsPerPut }, () => ({ name: newName(), version: 1, body }))
  expect((await put(device, ...records)).status).toBe(200)
  expect((await list(device)).body.records.map((record) => record.body)).toEqual(records.map(() => body))
  expect((await put(device, ...records, recordOf(newName(), 1, 'x'))).status).toBeGreaterThanOrEqual(400)
  const large = toBase64Url(Buffer.alloc(limits.maxOwnRecordBytes + 3))
  expect((await put(device, { name: newName(), version: 1, body: large })).code).toBe('bad_request')
})

test('an account has a limit of records, and what it has can still change', async () => {
  const frank = await signUp(auth, 'frank')
  const { userId, deviceId } = await frank.addDevice()
  const owner = { userId, deviceId }
  const prisma = openPrisma(auth.databaseUrl, { maxConnections: 1, applicationName: 'test', onConnectError: () => {} })
  const records = createOwnRecords({ store: createOwnRecordStore(prisma), max: 2 })
  const [a, b, c] = Array.from({ length: 3 }, () => randomBytes(16))
  const fresh = (name: Uint8Array, version = 1) => ({ name, version, body: Buffer.from('x') })
  await records.put(owner, [fresh(a!), fresh(b!)])
  await expect(records.put(owner, [fresh(a!, 2), fresh(c!)])).rejects.toMatchObject({ code: 'records_full' })
  expect(await records.put(owner, [fresh(a!, 2)])).toMatchObject({ stale: [] })
  await prisma.$disconnect()
})

test('a revoked device and a deleted account get and store nothing, and the records are deleted', async () => {
  const gina = await signUp(auth, 'gina')
  const [laptop, phone] = [await gina.addDevice(), await gina.addDevice()]
  await put(laptop, recordOf(newName(), 1, 'one'))
  await database.query('update device set revoked_at = now() where pub_id = $1', [phone.deviceId])
  expect((await list(phone)).code).toBe('unauthorized')
  expect((await put(phone, recordOf(newName(), 1, 'x'))).code).toBe('unauthorized')
  await database.query(`select delete_account('gina')`)
  expect((await list(laptop)).code).toBe('unauthorized')
  expect((await put(laptop, recordOf(newName(), 1, 'x'))).code).toBe('unauthorized')
  const { rows } = await database.query(
    `select (select count(*)::int from own_record r where r.user_id = u.id) as records,
       (select count(*)::int from own_record_head h where h.user_id = u.id) as heads from "user" u where username = 'gina'`,
  )
  expect(rows).toEqual([{ records: 0, heads: 0 }])
})
