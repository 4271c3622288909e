import { AdminError } from '../admin-error.ts'
import type { Context } from '../context.ts'

/**
 * Lists the devices of a user, the longest idle first. Only the account key can revoke a device.
 * The user does it with `fastchat devices revoke`, or, with the most devices that an account may
 * have, with `fastchat login NAME --end DEVICE`.
 */
export async function devicesList({ database, out }: Context, name: string): Promise<void> {
  const pool = database()
  const { rows: users } = await pool.query<{ id: number }>(
    'select id from "user" where username = $1 and deleted_at is null',
    [name],
  )
  const id = users[0]?.id
  if (id === undefined) throw new AdminError('not_found', `There is no user "${name}"`)
  const { rows } = await pool.query(
    `select d.pub_id as id, d.name, d.created_at as created, greatest(d.created_at, max(t.rotated_at)) as used,
       coalesce(bool_or(t.revoked_at is null and t.expires_at > now()), false) as "signedIn"
     from device d left join refresh_token t on t.device_id = d.id
     where d.user_id = $1 and d.revoked_at is null
     group by d.id order by used, d.id`,
    [id],
  )
  out.table(rows, 'No devices')
}
