import type { Pool } from '@fastchat/db'
import { AdminError, usageError } from '../admin-error.ts'
import type { Context } from '../context.ts'
import { inTransaction } from '../transaction.ts'

/**
 * The next positions, group numbers and keys of rows. They come from the time, so they are new
 * however often the same backup is restored. To reach them between two restores, a conversation
 * would need a million entries a second, or a new group every second. Positions reach 2^53 after
 * the year 2200; group numbers reach 2^31 in 2094.
 */
const nextSeq = `(extract(epoch from now()) * 1000000)::int8`
const nextGroup = `(extract(epoch from now() - timestamptz '2026-01-01Z'))::int`
const nextKey = `(extract(epoch from now()) * 1000)::int8`
const identityTables = ['user', 'device', 'key_package', 'conversation', 'append_feed', 'attachment', 'invite'] as const

export type AfterRestoreOptions = { readonly yes?: true; readonly force?: true }

/**
 * Makes a restored database safe to use. Devices remember facts that the backup does not have:
 * positions of the log, epochs and groups, and one-time key packages that were given out. None of
 * these may get a second meaning.
 *
 * It runs in one transaction. Every conversation skips ahead, with a gap that its devices learn of,
 * and waits for its next group. One-time key packages are used up. Sessions continue with the
 * tokens that their clients have. Keys of rows skip ahead. `db_epoch` changes, which tells pods and
 * devices.
 */
export async function afterRestore({ database, out }: Context, { yes, force }: AfterRestoreOptions): Promise<void> {
  if (!yes) {
    throw usageError(
      'This is for a database that was just restored from a backup, or taken over by a standby that lacked commits. ' +
        'Every chat starts its next group. Say --yes to do it',
    )
  }
  const pool = database()
  if (!force) await refuseWhileServed(pool)
  const done = await inTransaction(pool, async (client) => {
    const count = async (statement: string) => (await client.query(statement)).rowCount ?? 0
    await client.query(
      `insert into restore_gap (conversation_id, from_seq, to_seq)
       select id, last_seq + 1, ${nextSeq} from conversation where group_no > 0`,
    )
    const conversations = await count(
      `update conversation
       set last_seq = ${nextSeq}, epoch = 0, group_no = case when group_no > 0 then greatest(group_no + 1, ${nextGroup}) else 0 end`,
    )
    // The rows stay, so the same packages are not given out if they are uploaded again.
    const keyPackages = await count(`update key_package set body = '' where not last_resort and body <> ''`)
    const sessions = await count('update refresh_token set is_restored = true where revoked_at is null')
    for (const table of identityTables) {
      await client.query(`select setval(pg_get_serial_sequence($1, 'id'), ${nextKey})`, [`"${table}"`])
    }
    const { rows } = await client.query<{ dbEpoch: string }>(
      'update installation set db_epoch = gen_random_uuid() returning db_epoch as "dbEpoch"',
    )
    return { conversations, keyPackages, sessions, dbEpoch: rows[0]!.dbEpoch }
  })
  out.result(
    done,
    `${done.conversations} conversations wait for their next group, ${done.keyPackages} one-time key packages are used up.\n` +
      'Start the services now. Devices do the rest when they connect',
  )
}

/**
 * Throws if services are connected. A row that a service stores now could take the place of a
 * forgotten one.
 */
async function refuseWhileServed(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*) from pg_stat_activity
     where datname = current_database() and application_name ~ '^(chat|fastchat)-' and application_name <> 'fastchat-admin'`,
  )
  const count = rows[0]?.count ?? 0
  if (count > 0)
    throw new AdminError(
      'services_running',
      `Services are connected (${count} connections). Stop them first, or use --force`,
    )
}
