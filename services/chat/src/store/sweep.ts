import type { Pool } from '@fastchat/db'
import type { ConversationKey, Sweep, UserKey } from '../domain/ports.ts'

/**
 * The first sweep looks back this far. Feed rows are kept longer than any pod goes without a sweep.
 */
const firstLook = '1 minute'
const maxAge = '1 hour'
const maxCleanedAtOnce = 5_000

/**
 * Sweeps as `EntryLog.sweep` describes. The mark is the oldest transaction that had not ended when
 * this sweep took its snapshot. All rows that the snapshot could not see have this transaction id
 * or a higher one. The next sweep reads from the mark, so it misses no row, however late its
 * commit. It may return rows again; a long open transaction makes that more.
 */
export async function sweep(pool: Pool, mark: string | undefined): Promise<Sweep> {
  const { rows } = await pool.query<{ mark: string; convs: ConversationKey[]; heads: number[]; users: UserKey[] }>({
    name: mark === undefined ? 'first_sweep' : 'sweep',
    text: `
      with recent as materialized (
        select convs, heads, users from append_feed
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

/**
 * Deletes feed rows that no sweep needs any more, in steps so small that no sweep waits. Returns
 * true when more may be left.
 */
export async function cleanFeed(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `delete from append_feed where id in (
       select id from append_feed where at < now() - interval '${maxAge}' order by at limit $1 for update skip locked)`,
    [maxCleanedAtOnce],
  )
  return rowCount === maxCleanedAtOnce
}
