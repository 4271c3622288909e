import type { Pool } from '@fastchat/db'
import { limits } from '@fastchat/schema'
import type { UserKey } from '../domain/ports.ts'

/** A reserved conversation without a first commit is deleted after this time. */
const maxAge = '1 hour'
const maxCleanedAtOnce = 500

/**
 * Returns SQL that is true while the user may reserve one more conversation. Simultaneous requests
 * may not see each other, so the limit can be exceeded by a few. The query reads at most as many
 * index entries as the limit.
 */
export const hasRoom = (user: string): string => `(
  select count(*) from (
    select 1 from conversation where creator_id = ${user} and group_no = 0 limit ${limits.maxReservedConversations}
  ) reserved) < ${limits.maxReservedConversations}`

/** Returns true if the user has as many reserved conversations as one user may have. */
export async function isReservationFull(pool: Pool, user: UserKey): Promise<boolean> {
  const { rows } = await pool.query<{ has_room: boolean }>(`select ${hasRoom('$1')} as has_room`, [user])
  return rows[0]?.has_room === false
}

/**
 * Deletes reserved conversations that got no group in time. Returns true when more may be left.
 */
export async function cleanReservations(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from conversation where id in (
       select id from conversation
       where group_no = 0 and last_seq = 0 and created_at < now() - interval '${maxAge}' limit $1 for update skip locked)`,
    [maxCleanedAtOnce],
  )
  return rowCount === maxCleanedAtOnce
}
