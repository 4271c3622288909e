import { openPool } from '@fastchat/db'
import { testDatabase } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { type Seeded, seedConversations } from './seed.ts'

const database = await testDatabase()
const pool = openPool(database.url, { maxConnections: 2, applicationName: 'test', onIdleError: () => undefined })
afterAll(async () => {
  await pool.end()
  await database.drop()
})

test('pods of the version before write, sweep and prune append_feed under its former name', async () => {
  const [chat] = (await seedConversations(pool, { conversations: 1, devices: 1 })) as [Seeded]
  await pool.query(`insert into feed (convs, heads, users) values ($1, '{7}', '{}')`, [[chat.key]])
  const { rows } = await pool.query(
    'select heads::text, xid <= pg_snapshot_xmax(pg_current_snapshot()) as past from append_feed',
  )
  expect(rows).toEqual([{ heads: '{7}', past: true }])
  expect((await pool.query('select convs::text from feed')).rows).toEqual([{ convs: `{${chat.key}}` }])
  const pruned = await pool.query(
    `delete from feed where id in (select id from feed where at < clock_timestamp() order by at limit 10 for update skip locked)`,
  )
  expect([pruned.rowCount, (await pool.query('select from append_feed')).rowCount]).toEqual([1, 0])
})
