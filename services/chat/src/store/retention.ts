import type { Pool } from '@fastchat/db'
import { minRetentionDays } from '../domain/check-send.ts'
import type { ConversationKey } from '../domain/ports.ts'

/**
 * One call locks the conversations that it deletes from for some ten milliseconds. Sends wait for
 * such a lock for up to 300 ms.
 */
const maxDeleted = 500
const maxLookedAt = 2_000

/**
 * Deletes old entries: after `keepDays`, or after 31 days if every device has acked them. A device
 * that comes back later learns by a `gap` which entries are gone.
 */
export function createRetention(pool: Pool, keepDays: number) {
  let after = 0
  return {
    /**
     * Continues where the last call ended. Returns true until it has visited all conversations.
     */
    async retire(): Promise<boolean> {
      const { rows } = await pool.query<{ up_to: ConversationKey | null }>(
        'select up_to from retire_entries($1, make_interval(days => $2), make_interval(days => $3), $4, $5)',
        [after, keepDays, minRetentionDays, maxLookedAt, maxDeleted],
      )
      after = rows[0]?.up_to ?? 0
      return after !== 0
    },
  }
}
