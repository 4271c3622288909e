import type { Pool } from '@fastchat/db'
import { AdminError } from '../admin-error.ts'
import { confirmed } from '../confirmed.ts'
import type { Context } from '../context.ts'
import { formatBytes } from '../parse.ts'
import { inTransaction } from '../transaction.ts'

/** The columns of a list of users. An index gives the order, so a page of this size is fast. */
const columns = `u.username as name, u.created_at as created, u.disabled_at as disabled,
  (select count(*) from device d where d.user_id = u.id and d.revoked_at is null) as devices,
  (select count(*) from member m where m.user_id = u.id and m.departed_seq is null) as chats,
  (select coalesce(sum(a.size), 0)::int8 from attachment a
   where a.device_id in (select d.id from device d where d.user_id = u.id)) as stored,
  u.attachment_quota as quota`

type UserRow = {
  name: string
  created: Date
  disabled: Date | null
  devices: number
  chats: number
  stored: number
  quota: number | null
}

export type ListOptions = { readonly after?: string; readonly limit: number; readonly disabled?: true }

/** Lists users by name, in byte order. */
export async function usersList({ database, out }: Context, prefix: string, options: ListOptions): Promise<void> {
  const { rows } = await database().query<UserRow>(
    `select ${columns} from "user" u
     where u.deleted_at is null and u.username ~>=~ $1 and u.username ~<~ ($1 || chr(127)) and u.username ~>~ $2
       and (not $3::boolean or u.disabled_at is not null)
     order by u.username using ~<~ limit $4`,
    [prefix, options.after ?? '', options.disabled ?? false, options.limit],
  )
  out.table(rows, 'No such users')
  if (rows.length === options.limit) out.note(`There may be more: --after ${rows.at(-1)?.name}`)
}

export async function usersShow({ database, out }: Context, name: string): Promise<void> {
  const { rows } = await database().query<UserRow & { id: string; invite: number | null }>(
    `select ${columns}, u.pub_id as id, u.invite_id as invite from "user" u where u.username = $1 and u.deleted_at is null`,
    [name],
  )
  out.record(rows[0] ?? unknown(name))
}

/**
 * Locks a user out: no login, no refresh, no new socket. It ends their sessions and adds a row to
 * the feed. Every pod finds the row within a sweep (5 s) and closes the user's sockets.
 */
export async function usersDisable({ database, out }: Context, name: string): Promise<void> {
  await inTransaction(database(), async (client) => {
    const { rows } = await client.query<{ id: number }>(
      'update "user" set disabled_at = coalesce(disabled_at, now()) where username = $1 and deleted_at is null returning id',
      [name],
    )
    const id = rows[0]?.id ?? unknown(name)
    await client.query(
      `update refresh_token set revoked_at = now()
       where revoked_at is null and device_id in (select id from device where user_id = $1)`,
      [id],
    )
    await client.query(`insert into append_feed (convs, heads, users) values ('{}', '{}', array[$1::int8])`, [id])
  })
  out.result({ name, disabled: true }, `${name} is disabled; their sockets close within 5 s`)
}

export type DeleteOptions = { readonly yes?: true }

/**
 * Deletes an account permanently: its password, vault, sessions and key packages. The row stays, so
 * nobody else can take a name that others have pinned a key to, and messages keep their sender.
 * Devices lose their names but keep their places in groups, because only members can change a
 * group.
 */
export async function usersDelete({ database, out }: Context, name: string, { yes }: DeleteOptions): Promise<void> {
  const pool = database()
  const { rowCount } = await pool.query('select from "user" where username = $1 and deleted_at is null', [name])
  if (rowCount === 0) unknown(name)
  if (!yes) await confirmed(name, `This cannot be undone. Type ${name} to delete the account`)
  const { rows } = await pool.query<{ deleted: boolean }>('select delete_account($1) as deleted', [name])
  if (rows[0]?.deleted !== true) unknown(name)
  out.result({ name, deleted: true }, `${name} is deleted; their sockets close within 5 s, the name stays taken`)
}

/** Lets a user log in again. Devices, chats and history are unchanged. */
export async function usersEnable({ database, out }: Context, name: string): Promise<void> {
  await change(database(), 'update "user" set disabled_at = null where username = $1 and deleted_at is null', [name])
  out.result({ name, disabled: false }, `${name} may log in again`)
}

/**
 * Sets a user's quota for attachments; `undefined` means only the limits of the pods. Stored
 * attachments stay, whatever their size.
 */
export async function usersQuota({ database, out }: Context, name: string, bytes: number | undefined): Promise<void> {
  await change(database(), 'update "user" set attachment_quota = $2 where username = $1 and deleted_at is null', [
    name,
    bytes ?? null,
  ])
  const shown = bytes === undefined ? 'without limit' : formatBytes(bytes)
  out.result({ name, quota: bytes ?? null }, `${name} may store attachments: ${shown}`)
}

async function change(pool: Pool, statement: string, values: readonly [string, ...unknown[]]): Promise<void> {
  const { rowCount } = await pool.query(statement, [...values])
  if (rowCount === 0) unknown(values[0])
}

function unknown(name: string): never {
  throw new AdminError('unknown_user', `There is no user ${name}`)
}
