import { chmodSync, cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { migrate, shiftedClock, type TestDatabase, testDatabase } from '@fastchat/testkit'
import pg from 'pg'
import { Machine } from '../cli/machine.ts'
import { type Fixture, fixtureFolder } from './fixture.ts'

const hourMs = 3_600_000

/**
 * Returns an environment in which a process takes the time to be an hour after the fixture was
 * made. Message ids, sessions and key packages expire, and the fixture must not.
 */
export function soonAfter({ madeAt }: Fixture): Readonly<Record<string, string>> {
  const shiftMs = madeAt + hourMs - Date.now()
  return {
    ...shiftedClock(shiftMs),
    // PostgreSQL and Redis have the real clock.
    CLOCK_TOLERANCE_SECONDS: String(Math.ceil(Math.abs(shiftMs) / 1_000) + 3_600),
  }
}

/**
 * Makes a database with the fixture's rows and today's migrations. The clock of PostgreSQL cannot
 * be shifted, so the times in the rows are.
 */
export async function restoreDatabase({ madeAt }: Fixture): Promise<TestDatabase> {
  const database = await testDatabase({ empty: true })
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    await client.query(gunzipSync(readFileSync(join(fixtureFolder, 'database.sql.gz'))).toString())
    const ageMs = Date.now() - madeAt - hourMs
    for (const column of ['message.created_at', 'key_package.not_after']) {
      const [table, name] = column.split('.')
      await client.query(`update ${table} set ${name} = ${name} + $1 * interval '1 ms'`, [ageMs])
    }
  } finally {
    await client.end()
  }
  await migrate(database.url)
  return database
}

/** Returns a machine with a home of the fixture. */
export function restoreMachine(fixture: Fixture, home: string, url: string): Machine {
  const machine = new Machine(url, soonAfter(fixture))
  cpSync(join(fixtureFolder, 'homes', home), machine.home, { recursive: true })
  for (const name of readdirSync(machine.home)) chmodSync(join(machine.home, name), 0o600)
  return machine
}
