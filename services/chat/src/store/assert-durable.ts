import type { Pool } from '@fastchat/db'

/**
 * Settings that acknowledge a commit only when it survives a crash. `local` and `off` acknowledge
 * earlier.
 */
const durableCommits = ['on', 'remote_write', 'remote_apply']

/**
 * Checks that a commit survives a crash, because an ack to a client promises it.
 *
 * @throws Error naming the setting of the database or the role that breaks the promise
 */
export async function assertDurable(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ commit: string; fsync: string }>(
    `select current_setting('synchronous_commit') as commit, current_setting('fsync') as fsync`,
  )
  const { commit, fsync } = rows[0] ?? { commit: 'unknown', fsync: 'unknown' }
  if (!durableCommits.includes(commit))
    throw new Error(`synchronous_commit is ${commit}: a commit could be lost in a crash after its ack`)
  if (fsync !== 'on') throw new Error(`fsync is ${fsync}: a commit could be lost in a crash after its ack`)
}
