import { randomBytes } from 'node:crypto'
import pg from 'pg'

/**
 * The database that each test database is a copy of. The global setup creates it with all
 * migrations applied. A copy takes a few hundredths of a second.
 */
export const templateDatabase = 'fastchat_template'

export type TestDatabase = {
  readonly url: string
  /** Drops the database, and closes connections that a test left open. */
  drop(): Promise<void>
}

/**
 * Creates a database on this run's PostgreSQL, with every migration applied, or `empty`. A test
 * file usually makes one for all its tests.
 */
export async function testDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const server = testPostgresUrl()
  const name = `test_${randomBytes(8).toString('hex')}`
  await runAdmin(server, `create database ${name} template ${empty ? 'template0' : templateDatabase}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => runAdmin(server, `drop database if exists ${name} with (force)`) }
}

/** Returns the URL of the PostgreSQL of this test run. */
export function testPostgresUrl(): string {
  return provided('FASTCHAT_TEST_POSTGRES')
}

/**
 * Returns the URL of the Redis of this test run. All test files share it: give each its own
 * `redisPrefix()`.
 */
export function testRedisUrl(): string {
  return provided('FASTCHAT_TEST_REDIS')
}

/** Returns a prefix for keys and channels that no other test file uses. */
export function redisPrefix(): string {
  return `t${randomBytes(6).toString('hex')}:`
}

/** Runs a statement outside a transaction, as `create database` demands. */
export async function runAdmin(serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function provided(name: 'FASTCHAT_TEST_POSTGRES' | 'FASTCHAT_TEST_REDIS'): string {
  const url = process.env[name]
  if (url === undefined) throw new Error(`${name} is not set: run tests through vitest, whose global setup starts it`)
  return url
}
