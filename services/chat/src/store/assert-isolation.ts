import type { Pool } from '@fastchat/db'

/**
 * A pod asks for it as it connects. Through a pooler it can not, and it is the role's: refuses to go on with another, since a transaction
 * that sees an older state than its lock would number messages twice.
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
