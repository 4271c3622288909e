import type { Pool } from '@fastchat/db'
import { limits } from '@fastchat/schema'
import type { UserKey } from '../domain/ports.ts'

/** How long a reserved conversation waits for its first commit. */
const kept = '1 hour'
const maxCleanedAtOnce = 500

/**
 * SQL that is true while a user has room for one more reserved conversation. Exact but for requests of one moment: they may not see
 * each other. It reads at most as many index entries as the limit.
 */
export const hasRoom = (user: string): string => `(
  select count(*) from (
    select 1 from conversation where creator_id = ${user} and group_no = 0 limit ${limits.maxReservedConversations}
  ) reserved) < ${limits.maxReservedConversations}`

/** Whether a user has as many reserved conversations without a group as a user may have. */
export async function isReservationFull(pool: Pool, user: UserKey): Promise<boolean> {
  const { rows } = await pool.query<{ has_room: boolean }>(`select ${hasRoom('$1')} as has_room`, [user])
  return rows[0]?.has_room === false
}

/** Deletes reserved conversations that nobody has used in time; `true` when there may be more. */
export async function cleanReservations(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from conversation where id in (
       select id from conversation
       where group_no = 0 and last_seq = 0 and created_at < now() - interval '${kept}' limit $1 for update skip locked)`,
    [maxCleanedAtOnce],
  )
  return rowCount === maxCleanedAtOnce
}
