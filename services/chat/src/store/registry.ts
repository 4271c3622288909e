import type { Pool } from '@fastchat/db'
import type { UserId } from '@fastchat/schema'
import type { DeviceKey, UserKey } from '../domain/ports.ts'
import type { Registry } from '../domain/registry.ts'
import { isNotEnded, sessionKey } from './sessions.ts'

export function createRegistry(pool: Pool): Registry {
  return {
    async arrive({ userId, deviceId, sessionId }) {
      const { rows } = await pool.query<{ user: UserKey; device: DeviceKey; order: number }>({
        name: 'arrive',
        text: `select u.id as user, d.id as device, (extract(epoch from clock_timestamp()) * 1e6)::int8 as order
               from device d join "user" u on u.id = d.user_id
               where d.pub_id = $1 and u.pub_id = $2 and d.revoked_at is null and u.disabled_at is null
                 and ${isNotEnded('$3')}`,
        values: [deviceId, userId, sessionKey(sessionId)],
      })
      const [row] = rows
      return row && { session: { userId, user: row.user, deviceId, device: row.device }, order: row.order }
    },

    async concernedBy({ added, invited }) {
      const { rows } = await pool.query<{ userId: UserId }>({
        name: 'concerned_by',
        text: `select pub_id as "userId" from "user"
               where id = any ($1::int8[]) or id in (select user_id from device where id = any ($2::int8[]))`,
        values: [invited, added],
      })
      return rows.map(({ userId }) => userId)
    },
  }
}
