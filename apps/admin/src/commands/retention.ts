import { limits } from '@fastchat/schema'
import type { Context } from '../context.ts'
import { formatBytes } from '../parse.ts'

/**
 * The shortest retention. A deleted message no longer makes a retry a duplicate, so it must be too
 * old to be sent again.
 */
export const minRetentionDays = limits.maxMessageAgeDays + 1
const maxDeleted = 500
const maxLookedAt = 2_000

/**
 * Counts the messages that will be deleted. It reads the whole log, about a minute for ten million
 * messages. Commits and leave statements are kept, so they do not count.
 */
export async function retentionShow({ database, out }: Context, days: number): Promise<void> {
  const { rows } = await database().query<{ over: number; overBytes: number; acked: number; total: number }>(
    `select count(*) as total,
       count(*) filter (where m.created_at < now() - make_interval(days => $1)) as over,
       coalesce(sum(octet_length(m.envelope)) filter (where m.created_at < now() - make_interval(days => $1)), 0)::int8 as "overBytes",
       count(*) filter (where m.created_at < now() - make_interval(days => $2)) as acked
     from message m where m.kind = 0`,
    [days, minRetentionDays],
  )
  const { total, over, overBytes, acked } = rows[0]!
  out.result(
    { days, messages: total, over, overBytes, overIfAcked: acked },
    `Of ${total} messages ${over} are older than ${days} days (${formatBytes(overBytes)}) and will be deleted;\n` +
      `${acked} are older than ${minRetentionDays} days and will be deleted once every device has acked them`,
  )
}

/**
 * Deletes old messages now, as the pods do in small steps. It skips a conversation that is being
 * written to; a pod deletes its messages later.
 */
export async function retentionRun({ database, out }: Context, days: number): Promise<void> {
  const pool = database()
  let after = 0
  for (;;) {
    const { rows } = await pool.query<{ up_to: number | null }>(
      'select up_to from retire_entries($1, make_interval(days => $2), make_interval(days => $3), $4, $5)',
      [after, days, minRetentionDays, maxLookedAt, maxDeleted],
    )
    const next = rows[0]?.up_to
    if (next === null || next === undefined) break
    after = next
  }
  out.result({ days, done: true }, 'All messages beyond the retention time are deleted')
}
