import { randomUUID } from 'node:crypto'
import { openPool } from '@fastchat/db'
import { testDatabase } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { appendBatch } from '../../src/store/append-batch.ts'
import { readLogEntries } from '../../src/store/log-entries.ts'
import { createRetention } from '../../src/store/retention.ts'
import { type Seeded, seedConversations, sendOf } from './seed.ts'

const database = await testDatabase()
const pool = openPool(database.url, { maxConnections: 4, applicationName: 'test', onIdleError: () => undefined })
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const keepDays = 45

/** Writes entries 1, 2, … with these ages in days. */
async function conversation(...ages: number[]): Promise<Seeded> {
  const [seeded] = await seedConversations(pool, { conversations: 1, devices: 2 })
  await appendBatch(
    pool,
    ages.map(() => ({ key: seeded!.key, send: sendOf(seeded!, 0) })),
  )
  await pool.query(
    `update message set created_at = now() - make_interval(days => a.age) from unnest($2::int[]) with ordinality a (age, seq)
     where conversation_id = $1 and message.seq = a.seq`,
    [seeded!.key, ages],
  )
  return seeded!
}

async function ack({ key, sessions }: Seeded, from: number, seq: number): Promise<void> {
  await pool.query(
    `insert into device_cursor values ($1, $2, $3)
     on conflict (device_id, conversation_id) do update set acked_seq = excluded.acked_seq`,
    [sessions[from]!.device, key, seq],
  )
}

async function retireAll(): Promise<void> {
  const { retire } = createRetention(pool, keepDays)
  while (await retire());
}

async function left({ key }: Seeded): Promise<{ floor: number; seqs: number[] }> {
  const { rows } = await pool.query<{ floor: number; seqs: number[] }>(
    `select floor_seq as floor, to_json(array(select seq from message where conversation_id = c.id order by seq)) as seqs
     from conversation c where id = $1`,
    [key],
  )
  return rows[0]!
}

test('entries above the age limit are deleted, even if unseen, from the oldest on', async () => {
  const chat = await conversation(50, 46, 44, 47, 1)
  await retireAll()
  expect(await left(chat)).toEqual({ floor: 2, seqs: [3, 4, 5] })
})

test('entries that all devices have are deleted after 31 days, not before', async () => {
  const chat = await conversation(40, 35, 32, 30, 1)
  await ack(chat, 0, 5)
  await retireAll()
  expect(await left(chat)).toEqual({ floor: 0, seqs: [1, 2, 3, 4, 5] })
  await ack(chat, 1, 2)
  await retireAll()
  expect(await left(chat)).toEqual({ floor: 2, seqs: [3, 4, 5] })
  await ack(chat, 1, 5)
  await retireAll()
  expect(await left(chat)).toEqual({ floor: 3, seqs: [4, 5] })
})

test('commits and statements outlive messages, and are returned only on request', async () => {
  const chat = await conversation(50, 50, 50, 50, 1)
  await pool.query('update message set kind = seq - 1 where conversation_id = $1 and seq in (2, 3, 4)', [chat.key])
  await retireAll()
  expect(await left(chat)).toEqual({ floor: 4, seqs: [2, 3, 4, 5] })
  const page = { key: chat.key, after: 0, maxEntries: 10, maxBytes: 10_000 }
  const seqsOf = (entries: { seq: number }[]) => entries.map(({ seq }) => seq)
  expect(seqsOf(await readLogEntries(pool, page))).toEqual([5])
  expect(seqsOf(await readLogEntries(pool, { ...page, only: 'handshakes' }))).toEqual([2, 3, 4])
})

test('a removed device counts until it has its entries, a revoked device never', async () => {
  const chat = await conversation(40, 40, 40, 40)
  const [, other] = chat.sessions
  await ack(chat, 0, 4)
  await ack(chat, 1, 2)
  await pool.query('update leaf set to_seq = 3 where conversation_id = $1 and device_id = $2', [
    chat.key,
    other!.device,
  ])
  await retireAll()
  expect(await left(chat)).toEqual({ floor: 2, seqs: [3, 4] })
  await ack(chat, 1, 3)
  await retireAll()
  expect(await left(chat)).toEqual({ floor: 4, seqs: [] })

  const lost = await conversation(40, 40)
  await ack(lost, 0, 2)
  await pool.query('update device set revoked_at = now() where id = $1', [lost.sessions[1]!.device])
  await retireAll()
  expect(await left(lost)).toEqual({ floor: 2, seqs: [] })
})

test('attachments and welcomes are deleted with their entry', async () => {
  const chat = await conversation(50, 1)
  for (const seq of [1, 2, null]) {
    await pool.query(
      'insert into attachment (pub_id, device_id, size, conversation_id, seq) values ($1, 1, 1, $2, $3)',
      [randomUUID(), seq === null ? null : chat.key, seq],
    )
    if (seq !== null) await pool.query(`insert into welcome values ($1, $2, '', '', '')`, [chat.key, seq])
  }
  await retireAll()
  const { rows } = await pool.query(
    `select (select json_agg(seq) from attachment) as attachments, (select json_agg(seq) from welcome) as welcomes`,
  )
  expect(rows).toEqual([{ attachments: [2, null], welcomes: [2] }])
})

test('a locked conversation is cleaned later, and its log continues', async () => {
  const chat = await conversation(50, 50)
  const blocker = await pool.connect()
  await blocker.query('begin')
  await blocker.query('select from conversation where id = $1 for update', [chat.key])
  await retireAll()
  expect(await left(chat)).toEqual({ floor: 0, seqs: [1, 2] })
  await blocker.query('rollback')
  blocker.release()
  await retireAll()
  const [stored] = await appendBatch(pool, [{ key: chat.key, send: sendOf(chat, 0) }])
  expect(stored).toMatchObject({ ok: true, seq: 3 })
  expect(await left(chat)).toEqual({ floor: 2, seqs: [3] })
})

test('several calls delete more entries than one call may', async () => {
  const chat = await conversation(...Array.from({ length: 1_201 }, (_, n) => (n < 1_200 ? 50 : 1)))
  const { retire } = createRetention(pool, keepDays)
  let calls = 0
  for (let floor = 0; floor < 1_200; calls++) {
    await retire()
    floor = (await left(chat)).floor
  }
  expect(calls).toBeGreaterThan(2)
  expect(await left(chat)).toEqual({ floor: 1_200, seqs: [1_201] })
})
