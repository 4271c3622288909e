import { eventually } from '@fastchat/testkit'
import pg from 'pg'
import { expect } from 'vitest'

/**
 * Begins `work`, stops it where it first writes to `table`, and runs `statement` beside it, which fails if it would have to wait
 * for a lock that `work` holds. Then lets `work` go on, and gives its result.
 */
export async function whileStopped<T>(
  databaseUrl: string,
  { table, work, statement }: { table: string; work: () => Promise<T>; statement: string },
): Promise<T> {
  const [blocker, beside] = [new pg.Client(databaseUrl), new pg.Client(databaseUrl)]
  await Promise.all([blocker.connect(), beside.connect()])
  try {
    await blocker.query(`begin; lock table ${table} in share mode`)
    const working = work()
    await eventually(async () => {
      const { rows } = await beside.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      expect(rows).toHaveLength(1)
    })
    await beside.query(statement)
    await blocker.query('rollback')
    return await working
  } finally {
    await Promise.all([blocker.end(), beside.end()])
  }
}
