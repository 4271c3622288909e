import { randomUUID } from 'node:crypto'
import { openPool } from '@fastchat/db'
import { testDatabase } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { type Seeded, seedConversations, sendOf } from './seed.ts'

const database = await testDatabase()
const pool = openPool(database.url, { maxConnections: 2, applicationName: 'test', onIdleError: () => undefined })
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** Calls `append_batch` with one row, as pods of the version before migration 0017 do. */
async function appendBatch(key: number, send: ReturnType<typeof sendOf>, envelope = send.envelope) {
  const { rows } = await pool.query<{ code: number; seq: number | null }>(
    'select ord, code, seq, at from append_batch($1, $2, $3, $4, $5, $6, $7, $8)',
    [[key], [send.session.device], [send.id], [send.groupNo], [send.epoch], [envelope], [], []],
  )
  return rows.map(({ code, seq }) => [code, seq])
}

test('append_batch still answers pods of the version before with numbers', async () => {
  const [chat] = (await seedConversations(pool, { conversations: 1, devices: 2 })) as [Seeded]
  const send = sendOf(chat, 0)
  expect(await appendBatch(chat.key, send)).toEqual([[0, 1]])
  expect(await appendBatch(chat.key, send)).toEqual([[1, 1]])
  expect(await appendBatch(chat.key, send, sendOf(chat, 0).envelope)).toEqual([[2, null]])
  expect(await appendBatch(0, sendOf(chat, 0))).toEqual([[3, null]])
  expect(await appendBatch(chat.key, { ...sendOf(chat, 0), epoch: 7 as typeof send.epoch })).toEqual([[4, null]])
  expect(await appendBatch(chat.key, sendOf(chat, 1))).toEqual([[0, 2]])
})

test('accept_commit and append_leave still answer with numbers, too', async () => {
  const [chat] = (await seedConversations(pool, { conversations: 1, devices: 1 })) as [Seeded]
  const { user, device } = chat.sessions[0]!
  const bytes = Buffer.alloc(32)
  const accepted = await pool.query(
    `select code, seq from accept_commit(0, $1, $2, 1, 1, 0, 1, 2, $3, null, $3, '{}', '{}', '{}', '{}', '{}', $3, $3, $3, $3)`,
    [device, randomUUID(), bytes],
  )
  expect(accepted.rows).toEqual([{ code: 3, seq: null }])
  const left = await pool.query('select code, seq from append_leave($1, $2, $3, $4, 1, 7, $5)', [
    chat.key,
    user,
    device,
    randomUUID(),
    bytes,
  ])
  expect(left.rows).toEqual([{ code: expect.any(Number), seq: null }])
  expect(left.rows[0]?.code).toBeGreaterThan(1)
})
