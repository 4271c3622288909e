import { openPool, type Pool } from '@fastchat/db'
import { type TestDatabase, testDatabase } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SignalStore } from '../../src/domain/signals.ts'
import { createSignalStore } from '../../src/store/kept-signals.ts'
import { type Seeded, seedConversations } from './seed.ts'

let database: TestDatabase
let pool: Pool
let store: SignalStore

beforeAll(async () => {
  database = await testDatabase()
  pool = openPool(database.url, { maxConnections: 4, applicationName: 'test', onIdleError: () => undefined })
  store = createSignalStore(pool)
})
afterAll(async () => {
  await pool?.end()
  await database?.drop()
})

const seed = async (devices: number, conversations = 1) => await seedConversations(pool, { conversations, devices })
const signal = ({ key, sessions }: Seeded, from: number, text: string, epoch = 1) => ({
  ...{ device: sessions[from]!.device, key, groupNo: 1, epoch },
  body: Buffer.from(text),
})
const endLeaf = ({ key, sessions }: Seeded, of: number) =>
  pool.query('update leaf set to_seq = 1 where conversation_id = $1 and device_id = $2', [key, sessions[of]!.device])
const found = async (seeded: Seeded, by: number, since = 0, most = 100) => {
  const { signals, at } = await store.changed(seeded.sessions[by]!, since, most)
  return { bodies: signals.map(({ body }) => body.toString()), at }
}

test('only the last signal of a device is kept, and others read it with its device and epoch', async () => {
  const [seeded] = await seed(3)
  await store.save([signal(seeded!, 0, 'first'), signal(seeded!, 1, 'of another')])
  await store.save([signal(seeded!, 0, 'last', 2)])
  const { signals } = await store.changed(seeded!.sessions[2]!, 0, 100)
  expect(signals.map(({ body, ...rest }) => ({ ...rest, body: body.toString() }))).toEqual([
    {
      ...{ conversation: seeded!.conversation, deviceId: seeded!.sessions[1]!.deviceId, groupNo: 1, epoch: 1 },
      body: 'of another',
    },
    {
      ...{ conversation: seeded!.conversation, deviceId: seeded!.sessions[0]!.deviceId, groupNo: 1, epoch: 2 },
      body: 'last',
    },
  ])
  expect((await found(seeded!, 0)).bodies).toEqual(['of another'])
})

test('a device without a leaf can neither keep nor get signals, and others no longer get its last one', async () => {
  const [seeded] = await seed(3)
  await store.save([signal(seeded!, 0, 'while a member')])
  await endLeaf(seeded!, 0)
  await store.save([signal(seeded!, 0, 'later'), signal(seeded!, 1, 'of a member')])
  expect((await found(seeded!, 2)).bodies).toEqual(['of a member'])
  expect((await found(seeded!, 0)).bodies).toEqual([])
  const { rows } = await pool.query('select body from kept_signal where device_id = $1', [seeded!.sessions[0]!.device])
  expect(rows.map(({ body }) => String(body))).toEqual(['while a member'])
})

test('an answer that is cut goes on where it ended, and later ones begin shortly before the last', async () => {
  const all = await seed(2, 5)
  for (const [n, one] of all.entries()) {
    await store.save([signal(one, 0, `signal ${n}`)])
    const ago = 'update kept_signal set updated_at = updated_at - make_interval(secs => $2) where conversation_id = $1'
    await pool.query(ago, [one.key, 100 - n])
  }
  const [reader] = all
  const seen: string[] = []
  let since = 0
  for (let n = 0; n < 5 && seen.length < 5; n++) {
    const { bodies, at } = await found(reader!, 1, since, 2)
    for (const body of bodies) if (!seen.includes(body)) seen.push(body)
    expect(at).toBeGreaterThanOrEqual(since)
    since = at
  }
  expect(seen).toEqual([0, 1, 2, 3, 4].map((n) => `signal ${n}`))
  const { at } = await found(reader!, 1)
  expect(at).toBeLessThan(Date.now())
  expect((await found(reader!, 1, Date.now() + 60_000)).bodies).toEqual([])
})
