import { openPool } from '@fastchat/db'
import { testDatabase } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { appendBatch } from '../../src/store/append-batch.ts'
import { type Seeded, seedConversations, sendOf } from './seed.ts'

const database = await testDatabase()
const pool = openPool(database.url, { maxConnections: 2, applicationName: 'test', onIdleError: () => undefined })
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** Makes a group in which only admins write. Device 0 is an admin's, device 1 a member's. */
async function closedGroup(role = 1): Promise<Seeded> {
  const [seeded] = await seedConversations(pool, { conversations: 1, devices: 2 })
  const [admin, member] = seeded!.sessions
  await pool.query('update conversation set admins_write = true where id = $1', [seeded!.key])
  const setRole = 'update member set role = $3 where conversation_id = $1 and user_id = $2'
  await pool.query(setRole, [seeded!.key, admin!.user, role])
  await pool.query(setRole, [seeded!.key, member!.user, 0])
  return seeded!
}

async function outcomes(seeded: Seeded, ...sends: ReturnType<typeof sendOf>[]) {
  const stored = await appendBatch(
    pool,
    sends.map((send) => ({ key: seeded.key, send })),
  )
  return stored.map((outcome) => (outcome.ok ? 'stored' : outcome.code))
}

test.each([
  ['an admin', 1],
  ['the owner', 2],
])('%s writes where only admins may, and a member does not', async (_, role) => {
  const group = await closedGroup(role)
  expect(await outcomes(group, sendOf(group, 0))).toEqual(['stored'])
  expect(await outcomes(group, sendOf(group, 1))).toEqual(['admins_write'])
  expect(await outcomes(group, sendOf(group, 0), sendOf(group, 1), sendOf(group, 1), sendOf(group, 0))).toEqual([
    'stored',
    'admins_write',
    'out_of_line',
    'stored',
  ])
})

test('a message that was stored before the rule stays, and its retry is a duplicate', async () => {
  const group = await closedGroup()
  await pool.query('update conversation set admins_write = false where id = $1', [group.key])
  const send = sendOf(group, 1)
  await outcomes(group, send)
  await pool.query('update conversation set admins_write = true where id = $1', [group.key])
  const [again] = await appendBatch(pool, [{ key: group.key, send }])
  expect(again).toMatchObject({ ok: true, duplicate: true })
})

test('when no admin has an account, members may send their votes', async () => {
  const group = await closedGroup()
  await pool.query('update "user" set deleted_at = now() where id = $1', [group.sessions[0]!.user])
  expect(await outcomes(group, sendOf(group, 1))).toEqual(['stored'])
})

test('a member sends what readers may, and nothing else after it by the same connection', async () => {
  const group = await closedGroup()
  const asReader = () => sendOf(group, 1, { asReader: true })
  expect(await outcomes(group, asReader())).toEqual(['stored'])
  expect(await outcomes(group, sendOf(group, 1))).toEqual(['admins_write'])
  expect(await outcomes(group, sendOf(group, 0), asReader(), asReader(), sendOf(group, 1))).toEqual([
    'stored',
    'stored',
    'stored',
    'admins_write',
  ])
  const attached = sendOf(group, 1, { asReader: true, attachments: ['01890000-0000-7000-8000-000000000001'] })
  expect(await outcomes(group, attached)).toEqual(['attachment_unknown'])
  expect(await outcomes(group, sendOf(group, 1, { asReader: true, epoch: 2 }))).toEqual(['stale_epoch'])
})
