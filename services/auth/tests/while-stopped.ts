import { eventually } from '@fastchat/testkit'
import pg from 'pg'
import { expect } from 'vitest'

/**
 * Starts `work` and stops it at its first write to `table`. Then it runs `statement`, which fails
 * if it must wait for a lock that `work` holds. Finally it lets `work` continue and returns its
 * result.
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
