import type { Pool } from '@fastchat/db'

/** `local` and `off` acknowledge before the commit is where it must be to survive. */
const durableCommits = ['on', 'remote_write', 'remote_apply']

/**
 * An ack means a commit that survives a crash. Refuses to go on with a database, or a role, whose settings say otherwise.
 *
 * @throws Error naming the setting
 */
export async function assertDurable(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ commit: string; fsync: string }>(
    `select current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync`,
  )
  const { commit, fsync } = rows[0] ?? { commit: 'unknown', fsync: 'unknown' }
  if (!durableCommits.includes(commit)) throw new Error(`synchronous_commit is ${commit}: an ack would promise nothing`)
  if (fsync !== 'on') throw new Error(`fsync is ${fsync}: an ack would promise nothing`)
}
