import { openPool, openPrisma } from '@fastchat/db'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPgBouncer } from './local/index.ts'
import { testDatabase } from './test-database.ts'

/** Settings of a database that an operator may have changed for other programs. */
const foreign = {
  DateStyle: "'German, DMY'",
  TimeZone: "'Asia/Kathmandu'",
  IntervalStyle: "'sql_standard'",
  bytea_output: "'escape'",
  extra_float_digits: '-3',
  standard_conforming_strings: 'off',
  default_transaction_isolation: "'serializable'",
}
const options = { maxConnections: 2, applicationName: 'test' }
const at = new Date('2026-02-01T03:04:05.678Z')

const database = await testDatabase()
beforeAll(async () => {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const name = new URL(database.url).pathname.slice(1)
  for (const [setting, value] of Object.entries(foreign))
    await client.query(`alter database "${name}" set ${setting} = ${value}`)
  await client.end()
})
afterAll(() => database.drop())

async function readBack(url: string) {
  const pool = openPool(url, { ...options, onIdleError: () => undefined })
  try {
    const { rows } = await pool.query(
      `select $1::timestamptz as at, $2::bytea as bytes, 'it''s \\ here' as text, current_setting('DateStyle') as style`,
      [at, Buffer.from([0, 92, 255])],
    )
    // The columns selected above.
    return rows[0] as { at: Date; bytes: Buffer; text: string; style: string }
  } finally {
    await pool.end()
  }
}

const same = { at, bytes: Buffer.from([0, 92, 255]), text: "it's \\ here", style: 'ISO, MDY' }

test('settings of a database do not change what a pool reads or what its transactions see', async () => {
  expect(await readBack(database.url)).toEqual(same)
  const pool = openPool(database.url, { ...options, onIdleError: () => undefined })
  const settings = Object.keys(foreign).map((name) => `current_setting('${name}') as "${name}"`)
  const { rows } = await pool.query(`select ${settings.join(', ')}`)
  await pool.end()
  expect(rows[0]).toEqual({
    DateStyle: 'ISO, MDY',
    TimeZone: 'UTC',
    IntervalStyle: 'postgres',
    bytea_output: 'hex',
    extra_float_digits: '1',
    standard_conforming_strings: 'on',
    default_transaction_isolation: 'read committed',
  })
})

test('settings of a database do not change the dates that Prisma reads', async () => {
  const prisma = openPrisma(database.url, options)
  try {
    expect(await prisma.$queryRaw`select ${at}::timestamptz as at`).toEqual([{ at }])
  } finally {
    await prisma.$disconnect()
  }
})

test('through pgbouncer dates, bytes and text are read the same', async () => {
  const bouncer = await startPgBouncer({ databaseUrl: database.url, poolSize: 2, log: console.log })
  try {
    expect(await readBack(`${bouncer.url}?pgbouncer=true`)).toEqual(same)
  } finally {
    await bouncer.stop()
  }
})
