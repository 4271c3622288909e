import type { Pool } from '@fastchat/db'

/**
 * Checks that transactions run at `read committed`. With a higher level a transaction sees an older
 * state than its lock, and would give one number to two messages. A pod sets the level when it
 * connects. Behind a pooler it cannot, so there the role must have the setting.
 *
 * @throws Error naming the setting
 */
export async function assertIsolation(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ level: string }>(
    `select current_setting('default_transaction_isolation') as level`,
  )
  const level = rows[0]?.level ?? 'unknown'
  if (level !== 'read committed')
    throw new Error(
      `default_transaction_isolation is ${level}: behind a pooler the role must have it: alter role … set default_transaction_isolation = 'read committed'`,
    )
}
