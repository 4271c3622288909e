import { openPool } from '@fastchat/db'
import { limits } from '@fastchat/schema'
import { eventually, testDatabase } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import type { Session } from '../../src/domain/ports.ts'
import { appendBatch } from '../../src/store/append-batch.ts'
import { createLog } from '../../src/store/log.ts'
import { cleanFeed } from '../../src/store/sweep.ts'
import { type Seeded, seedConversations, seedDevice, sendOf } from './seed.ts'

const database = await testDatabase()
const pool = openPool(database.url, { maxConnections: 6, applicationName: 'test', onIdleError: () => undefined })
const log = createLog(pool)
afterAll(async () => {
  await pool.end()
  await database.drop()
})

async function conversation(messages = 0): Promise<Seeded> {
  const [seeded] = await seedConversations(pool, { conversations: 1, devices: 2 })
  const sends = Array.from({ length: messages }, (_, n) => ({ key: seeded!.key, send: sendOf(seeded!, n % 2) }))
  if (messages > 0) await appendBatch(pool, sends)
  return seeded!
}
const seqs = (entries: readonly { seq: number }[]) => entries.map(({ seq }) => seq)
const everything = Number.MAX_SAFE_INTEGER

async function setLeaves({ key }: Seeded, { device }: Session, ...leaves: [number, number | null][]): Promise<void> {
  await pool.query('delete from leaf where conversation_id = $1 and device_id = $2', [key, device])
  for (const [n, [from, to]] of leaves.entries())
    await pool.query('insert into leaf values ($1, $2, 1, $3, $4, $5)', [key, device, n + 10, from, to])
}

test('a page holds the next entries, oldest first, within its limits but at least one', async () => {
  const chat = await conversation(10)
  expect(seqs(await log.page(chat.key, 0, 100, everything))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(seqs(await log.page(chat.key, 3, 4, everything))).toEqual([4, 5, 6, 7])
  expect(seqs(await log.page(chat.key, 3, 100, 3 * 334))).toEqual([4, 5, 6])
  expect(seqs(await log.page(chat.key, 3, 100, 1))).toEqual([4])
  expect(await log.page(chat.key, 10, 100, everything)).toEqual([])
})

test('a commit too large for a frame is a pointer, and a large message is whole', async () => {
  const chat = await conversation()
  const { device } = chat.sessions[0]!
  const head = sendOf(chat, 0).envelope.subarray(0, 25)
  const insert = `insert into message values ($1, $2, $3, gen_random_uuid(), $4, $5)`
  const size = limits.maxInlineEnvelopeBytes + 1
  await pool.query(insert, [chat.key, 1, device, 1, Buffer.concat([head, Buffer.alloc(size - 25)])])
  await pool.query(insert, [chat.key, 2, device, 0, Buffer.alloc(limits.maxEnvelopeBytes)])
  const [commit, message] = (await log.page(chat.key, 0, 9, everything)).map(({ frame }) =>
    JSON.parse(frame.toString()),
  )
  expect(commit).toMatchObject({ seq: 1, kind: 'commit', size })
  expect(commit).not.toHaveProperty('envelope')
  expect(message.envelope).toHaveLength(Math.ceil((limits.maxEnvelopeBytes * 4) / 3))
})

test('each leaf has a position, an ended one until its entries are acked', async () => {
  const chat = await conversation(10)
  const [session] = chat.sessions
  await setLeaves(chat, session!, [2, 4], [7, null])
  const positions = async () => (await log.memberships(session!)).positions
  const state = { kind: 'group', groupNo: 1, lastSeq: 10, floorSeq: 0, gaps: [{ from: 5, to: 6 }] }
  const place = { conversation: chat.conversation, key: chat.key, ...state }
  await pool.query('insert into restore_gap values ($1, 5, 6)', [chat.key])
  expect(await positions()).toEqual([
    { ...place, fromSeq: 2, toSeq: 4, cursor: 0 },
    { ...place, fromSeq: 7, toSeq: undefined, cursor: 0 },
  ])
  const { device } = session!
  await log.saveCursors([{ device, key: chat.key, seq: 3 }])
  expect(await positions()).toMatchObject([
    { fromSeq: 2, cursor: 3 },
    { fromSeq: 7, cursor: 3 },
  ])
  await log.saveCursors([{ device, key: chat.key, seq: 4 }])
  expect(await positions()).toMatchObject([{ fromSeq: 7, cursor: 4 }])
  await setLeaves(chat, session!, [2, 4], [7, 9])
  expect(await positions()).toMatchObject([{ fromSeq: 7, toSeq: 9 }])
})

test('cursors only grow, and stay within the entries that the device may receive', async () => {
  const chat = await conversation(10)
  const [session, other] = chat.sessions
  const { device } = session!
  const saved = async (seq: number) => {
    await log.saveCursors([{ device, key: chat.key, seq }])
    const { rows } = await pool.query(
      'select acked_seq from device_cursor where device_id = $1 and conversation_id = $2',
      [device, chat.key],
    )
    return rows[0]?.acked_seq
  }
  await setLeaves(chat, session!, [2, 4], [7, null])
  expect(await saved(1)).toBeUndefined()
  expect(await saved(3)).toBe(3)
  expect(await saved(2)).toBe(3)
  expect(await saved(6)).toBe(4)
  expect(await saved(1_000)).toBe(10)
  const stranger = await seedDevice(pool)
  await log.saveCursors([
    { device: stranger.device, key: chat.key, seq: 5 },
    { device: other!.device, key: chat.key, seq: 5 },
    { device: other!.device, key: chat.key, seq: 6 },
  ])
  const { rows } = await pool.query<{ device: number; seq: number }>(
    'select device_id as device, acked_seq as seq from device_cursor where conversation_id = $1',
    [chat.key],
  )
  expect(new Map(rows.map(({ device, seq }) => [device, seq]))).toEqual(
    new Map([
      [device, 10],
      [other!.device, 6],
    ]),
  )
})

test('a sweep returns conversations that grew and users whose membership changed', async () => {
  const [a, b] = [await conversation(3), await conversation(2)]
  const first = await log.sweep(undefined)
  expect(first.heads).toEqual(
    expect.arrayContaining([
      { key: a.key, head: 3 },
      { key: b.key, head: 2 },
    ]),
  )
  // Rows come again while any transaction of that time on this server is open.
  let { mark } = first
  await eventually(async () => {
    const sweep = await log.sweep(mark)
    mark = sweep.mark
    expect(sweep.heads).toEqual([])
  })
  await appendBatch(pool, [{ key: a.key, send: sendOf(a, 0) }])
  await appendBatch(pool, [{ key: a.key, send: sendOf(a, 0) }])
  await pool.query('insert into append_feed (convs, heads, users) values ($1, $2, $3)', [[], [], [a.sessions[0]!.user]])
  const second = await log.sweep(mark)
  expect(second).toMatchObject({ heads: [{ key: a.key, head: 5 }], users: [a.sessions[0]!.user] })
})

test('sweeps miss no late commit', async () => {
  const chats = await seedConversations(pool, { conversations: 30, devices: 2 })
  const seen = new Map<number, number>()
  let mark = (await log.sweep(undefined)).mark
  const late: { commit: () => Promise<void> }[] = []
  for (const [n, chat] of chats.entries()) {
    const client = await pool.connect()
    await client.query('begin')
    await client.query(`insert into append_feed (convs, heads) values ($1, '{1}')`, [[chat.key]])
    late.push({
      async commit() {
        await client.query('commit')
        client.release()
      },
    })
    // Up to three transactions are open, and end in another order than they began.
    if (late.length === 3) await late.splice(n % 3, 1)[0]!.commit()
    const sweep = await log.sweep(mark)
    mark = sweep.mark
    for (const { key, head } of sweep.heads) seen.set(key, head)
  }
  for (const { commit } of late) await commit()
  for (const { key, head } of (await log.sweep(mark)).heads) seen.set(key, head)
  expect(chats.filter(({ key }) => seen.get(key) !== 1)).toEqual([])
})

test('feed rows are kept for an hour', async () => {
  const chat = await conversation(1)
  await pool.query(`insert into append_feed (at, convs, heads) values (now() - interval '61 minutes', $1, '{99}')`, [
    [chat.key],
  ])
  expect(await cleanFeed(pool)).toBe(false)
  const { rows } = await pool.query('select heads::text from append_feed where convs = $1', [[chat.key]])
  expect(rows).toEqual([{ heads: '{1}' }])
})

test('the database has an epoch', async () => {
  expect(await log.dbEpoch()).toMatch(/^[0-9a-f-]{36}$/)
  expect(await log.dbEpoch()).toBe(await log.dbEpoch())
})
