import type { Pool } from '@fastchat/db'
import { uuidPattern } from '@fastchat/schema'
import type { DeviceKey, Session, UserKey } from '../domain/ports.ts'
import type { Caller } from '../domain/registry.ts'

/**
 * Returns the session that an access token names. Returns undefined for an unknown, foreign or
 * revoked device, for a disabled account, and for an ended session.
 */
export async function resolveSession(
  pool: Pool,
  { userId, deviceId, sessionId }: Caller,
): Promise<Session | undefined> {
  const { rows } = await pool.query<{ user: UserKey; device: DeviceKey }>({
    name: 'resolve_session',
    text: `select u.id as user, d.id as device from device d join "user" u on u.id = d.user_id
           where d.pub_id = $1 and u.pub_id = $2 and d.revoked_at is null and u.disabled_at is null
             and ${isNotEnded('$3')}`,
    values: [deviceId, userId, sessionKey(sessionId)],
  })
  const [row] = rows
  return row && { userId, deviceId, ...row }
}

/**
 * Returns a SQL condition: the session whose key is in `parameter` has not ended. Access tokens can
 * outlive their session.
 */
export const isNotEnded = (parameter: string): string =>
  `not exists (select from refresh_token t where t.family = ${parameter}::uuid and t.revoked_at is not null)`

const isUuid = new RegExp(uuidPattern)

/** Returns the `sid` of a token as a database key, or null if it is not a UUID. */
export const sessionKey = (sessionId: string): string | null => (isUuid.test(sessionId) ? sessionId : null)
