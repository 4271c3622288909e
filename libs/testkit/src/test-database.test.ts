import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { eventually, redisPrefix, testDatabase } from './index.ts'

const database = await testDatabase()
afterAll(() => database.drop())

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('a test database has all migrations and no rows of another test database', async () => {
  const neighbour = await testDatabase()
  await query(neighbour.url, 'create table only_here ()')
  expect(await query(database.url, 'select 1 as done from _prisma_migrations limit 1')).toEqual([{ done: 1 }])
  await expect(query(database.url, 'select * from only_here')).rejects.toThrow('does not exist')
  await neighbour.drop()
  await expect(query(neighbour.url, 'select 1')).rejects.toThrow('does not exist')
})

test('commits of the test database are durable', async () => {
  const sql = `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`
  const settings = await query(database.url, sql)
  expect(settings).toHaveLength(3)
  for (const row of settings) expect(row).toMatchObject({ setting: 'on' })
})

test('two Redis prefixes differ', () => expect(redisPrefix()).not.toBe(redisPrefix()))

test('eventually returns the first value and throws the last error when the time is over', async () => {
  let attempts = 0
  const third = () => {
    attempts += 1
    if (attempts < 3) throw new Error(`attempt ${attempts}`)
    return attempts
  }
  expect(await eventually(third, { everyMs: 1 })).toBe(3)
  attempts = -1000
  await expect(eventually(third, { timeoutMs: 20, everyMs: 1 })).rejects.toThrow(/attempt -9/)
})
