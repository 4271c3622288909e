import type { Pool } from '@fastchat/db'

/**
 * The longest timeouts that a pod can work with. Sends are rejected after 2.5 s, but an abandoned
 * statement still holds its locks.
 */
const maxMs = { lock_timeout: 2_000, statement_timeout: 10_000 }

/**
 * Checks that the timeouts of the session are set. A pod sets them when it connects. Behind a
 * pooler it cannot, so there the role must have the settings. A pooler can also drop them.
 *
 * @throws Error naming the setting
 */
export async function assertTimeouts(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ name: keyof typeof maxMs; ms: number }>(
    `select name, setting::int as ms from pg_settings where name in ('lock_timeout', 'statement_timeout') order by name`,
  )
  for (const { name, ms } of rows)
    if (ms === 0 || ms > maxMs[name])
      throw new Error(`${name} is ${ms} ms, not 1 to ${maxMs[name]}: behind a pooler the role must have it`)
}
