import type { Pool } from '@fastchat/db'
import type { ConversationKey, Sweep, UserKey } from '../domain/ports.ts'

/** How far the first sweep looks back, and how long feed rows are kept: no pod goes without a sweep for so long. */
const firstLook = '1 minute'
const kept = '1 hour'
const maxCleanedAtOnce = 5_000

/**
 * As `Log.sweep`. The mark is the oldest transaction that was still under way: all that the snapshot of this sweep could not
 * see has that number or a higher one, so reading from it next time misses nothing, however late a commit comes. What was
 * seen already comes again; a transaction that stays open for long makes that much.
 */
export async function sweep(pool: Pool, mark: string | undefined): Promise<Sweep> {
  const { rows } = await pool.query<{ mark: string; convs: ConversationKey[]; heads: number[]; users: UserKey[] }>({
    name: mark === undefined ? 'first_sweep' : 'sweep',
    text: `
      with recent as materialized (
        select convs, heads, users from feed
        where ${mark === undefined ? `at > now() - interval '${firstLook}' and $1::text is null` : 'xid >= $1::xid8'}
      ), grown as (
        select x.conv, max(x.head) as head from recent r, unnest(r.convs, r.heads) x (conv, head) group by x.conv
      )
      select pg_snapshot_xmin(pg_current_snapshot())::text as mark,
        to_json(array(select conv from grown order by conv)) as convs,
        to_json(array(select head from grown order by conv)) as heads,
        to_json(array(select distinct u from recent r, unnest(r.users) u)) as users`,
    values: [mark ?? null],
  })
  const { convs, heads, users, mark: next } = rows[0]!
  return { mark: next, heads: convs.map((key, at) => ({ key, head: heads[at]! })), users }
}

/** Deletes what no sweep needs any more, at most so much that nobody waits for it; `true` when there may be more. */
export async function cleanFeed(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from feed where id in (
       select id from feed where at < now() - interval '${kept}' order by at limit $1 for update skip locked)`,
    [maxCleanedAtOnce],
  )
  return rowCount === maxCleanedAtOnce
}
