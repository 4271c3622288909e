import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, later } from '@fastchat/clock'
import type pg from 'pg'
import { ConnectError } from './connect-error.ts'
import { newClient } from './database-client.ts'
import { MigrationError, readMigrations } from './migrate.ts'

export type WaitOptions = {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly timeoutMs?: number
  readonly pauseMs?: number
  readonly folder?: string
  readonly log?: (line: string) => void
  /** The authorities as in `parseDatabaseUrl`. */
  readonly ca?: string | undefined
}

const connectMs = 5_000

/**
 * Resolves once the database at `databaseUrl` has all migrations of this checkout. Later ones may
 * be there, too; they only add. It changes nothing, and waits for a database that is not up yet.
 *
 * @throws MigrationError if a migration failed, or after `timeoutMs` (10 minutes); the message
 *   names the missing ones
 * @throws ConnectError
 */
export async function waitForMigrations(databaseUrl: string, options: WaitOptions): Promise<void> {
  const { timeoutMs = 600_000, pauseMs = 1_000, folder, ca, clock, log = () => undefined } = options
  const names = (await readMigrations(folder)).map(({ name }) => name)
  const until = later(clock.monotonicMs(), timeoutMs)
  for (let last = ''; ; ) {
    const missing = await missingFrom(newClient(databaseUrl, ca, connectMs), names)
    if (missing === undefined) return
    if (clock.monotonicMs() > until) throw new MigrationError(`gave up waiting: ${missing}`)
    if (missing !== last) log(`waiting: ${missing}`)
    last = missing
    await delay(pauseMs)
  }
}

/** Returns the missing migrations as text, or undefined if none is missing. */
async function missingFrom(client: pg.Client, names: readonly string[]): Promise<string | undefined> {
  try {
    await client.connect()
    const { rows } = await client.query<{ migration_name: string; finished_at: Date | null }>(
      'select migration_name, finished_at from _prisma_migrations where rolled_back_at is null',
    )
    const failed = rows.find(({ finished_at }) => finished_at === null)
    if (failed) throw new MigrationError(`migration ${failed.migration_name} failed: repair it by hand`)
    const done = new Set(rows.map(({ migration_name }) => migration_name))
    const missing = names.filter((name) => !done.has(name))
    return missing.length === 0 ? undefined : `migrations ${missing.join(', ')} are not applied`
  } catch (error) {
    if (error instanceof MigrationError || error instanceof ConnectError) throw error
    if (codeOf(error) === undefinedTable) return 'no migration is applied'
    return `the database does not answer (${codeOf(error) ?? 'no code'})`
  } finally {
    await client.end().catch(() => undefined) // it may never have connected
  }
}

const undefinedTable = '42P01'

/** Returns a SQLSTATE or a system error code. The message might contain the URL. */
function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown } // any value can be thrown
  return typeof code === 'string' ? code : undefined
}
