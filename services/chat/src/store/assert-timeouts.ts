import type { Pool } from '@fastchat/db'

/** Longest that a pod can bear: sends are refused after 2.5 s, and a statement that was given up on still holds its locks. */
const maxMs = { lock_timeout: 2_000, statement_timeout: 10_000 }

/**
 * A pod asks for its timeouts as it connects. Through a pooler it can not, and they are the role's: refuses to go on when they are
 * not set, or when something in between has dropped them.
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
