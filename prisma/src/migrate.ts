import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { newClient } from './database-client.ts'
import { parseDatabaseUrl } from './database-url.ts'
import { grantRights } from './roles.ts'

export { ConnectError } from './connect-error.ts'

/** Prisma's own advisory lock, so `prisma migrate deploy` and this runner exclude each other. */
const migrateLock = 72_707_369
/** A second runner waits this long for the first. */
const lockTimeoutMs = 60_000
const connectTimeoutMs = 10_000

const defaultFolder = join(import.meta.dirname, '..', 'migrations')

export type MigrateOptions = {
  readonly log?: (line: string) => void
  readonly folder?: string
  /** The authorities as in `parseDatabaseUrl`. */
  readonly ca?: string | undefined
}

/**
 * The database and the migrations of this checkout disagree. The message says how. Nothing was
 * changed.
 */
export class MigrationError extends Error {
  override name = 'MigrationError'
}

export type Migration = { readonly name: string; readonly sql: string; readonly checksum: string }
type AppliedRow = {
  migration_name: string
  checksum: string
  finished_at: Date | null
  rolled_back_at: Date | null
}

/**
 * Applies the migrations of this checkout that the database lacks, and returns their names. Each
 * runs in one transaction with its row in `_prisma_migrations`, so after a crash it is applied or
 * not. Then the roles, if they exist, get their rights. Several processes may call it at once. The
 * rows are those that Prisma writes, so `prisma migrate deploy` agrees on what is applied.
 *
 * Prisma's own runner downloads an engine at first use. This one needs none.
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<string[]> {
  const { log = () => undefined, folder = defaultFolder, ca } = options
  const migrations = await readMigrations(folder)
  if (parseDatabaseUrl(databaseUrl, ca).isPooled)
    throw new MigrationError('migrations do not go through a pooler: DIRECT_DATABASE_URL is for PostgreSQL itself')
  // The session starts with this setting. A pooler rejects it, so the mistake shows at once.
  const client = newClient(databaseUrl, ca, connectTimeoutMs, { lock_timeout: lockTimeoutMs })
  await client.connect()
  try {
    await client.query('set statement_timeout = 0') // the role may have a timeout meant for services
    await client.query('select pg_advisory_lock($1)', [migrateLock])
    await client.query(createTable)
    const pending = pendingMigrations(migrations, await readApplied(client))
    for (const migration of pending) {
      log(`Applying migration ${migration.name}`)
      await apply(client, migration)
    }
    // Only these migrations have the tables that the grants name.
    if (folder === defaultFolder && (await grantRights(client))) log('The roles have their rights')
    return pending.map(({ name }) => name)
  } finally {
    await client.end() // also releases the lock
  }
}

/** The table as Prisma creates it. */
const createTable = `
  create table if not exists _prisma_migrations (
    id varchar(36) primary key not null,
    checksum varchar(64) not null,
    finished_at timestamptz,
    migration_name varchar(255) not null,
    logs text,
    rolled_back_at timestamptz,
    started_at timestamptz not null default now(),
    applied_steps_count integer not null default 0
  )`

/**
 * Returns the migrations of this checkout, ordered by name. A folder without a migration.sql does
 * not count.
 */
export async function readMigrations(folder = defaultFolder): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.map(({ name }) => name).filter((name) => existsSync(join(folder, name, 'migration.sql')))
  return Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(join(folder, name, 'migration.sql'))
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') }
    }),
  )
}

async function readApplied(client: pg.Client): Promise<AppliedRow[]> {
  const { rows } = await client.query<AppliedRow>(
    `select migration_name, checksum, finished_at, rolled_back_at from _prisma_migrations where rolled_back_at is null`,
  )
  return rows
}

function pendingMigrations(migrations: readonly Migration[], applied: readonly AppliedRow[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const row of applied) {
    const migration = known.get(row.migration_name)
    if (row.finished_at === null)
      throw new MigrationError(`migration ${row.migration_name} failed earlier: repair it by hand`)
    if (migration === undefined) {
      throw new MigrationError(
        `the database has migration ${row.migration_name}, which this version does not know: update FastChat`,
      )
    }
    if (migration.checksum !== row.checksum) {
      throw new MigrationError(`migration ${row.migration_name} was changed after it was applied: restore the file`)
    }
  }
  const done = new Set(applied.map((row) => row.migration_name))
  return migrations.filter(({ name }) => !done.has(name))
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('begin')
  try {
    await client.query(sql)
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       values (gen_random_uuid(), $1, $2, now(), clock_timestamp(), 1)`,
      [checksum, name],
    )
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    const { message } = cause instanceof Error ? cause : { message: String(cause) }
    throw new MigrationError(`migration ${name} failed and was rolled back: ${message}`, { cause })
  }
}
