import type { Pool } from '@fastchat/db'
import { minRetentionDays } from '../domain/check-send.ts'
import type { ConversationKey } from '../domain/ports.ts'

/** One call holds the conversations that it deletes from for some ten milliseconds: sends wait for them up to 300 ms. */
const maxDeleted = 500
const maxLookedAt = 2_000

/**
 * Forgets old entries: after `keepDays`, or after 31 days once every device has acked them. A device that comes back later is told
 * which ones are gone (`gap`).
 */
export function createRetention(pool: Pool, keepDays: number) {
  let after = 0
  return {
    /** Goes on where the last call ended; `true` while it has not been through all conversations. */
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
