import type { WallMs } from '@fastchat/clock'
import type { PrismaClient } from '@fastchat/db'
import type { DeviceId } from '@fastchat/schema'
import type { OwnAccountStore } from '../domain/own-account.ts'

type Row = { deviceId: DeviceId; name: string; usedAt: Date; expiresAt: Date; current: boolean }

/**
 * Returns the functions on sessions. An access token outlives its session by some minutes, so each
 * checks that the session of the caller is alive.
 */
export function sessionsOf(
  prisma: PrismaClient,
  wallMs: () => WallMs,
): Pick<OwnAccountStore, 'sessions' | 'endSessions'> {
  return {
    async sessions({ sessionId }) {
      const now = new Date(wallMs())
      const rows = await prisma.$queryRaw<Row[]>`
        with caller as (
          select d.user_id from refresh_token t join device d on d.id = t.device_id
          where t.family = ${sessionId}::uuid and t.revoked_at is null and t.expires_at > ${now}
        )
        select d.pub_id as "deviceId", d.name, t.rotated_at as "usedAt", t.expires_at as "expiresAt",
          t.family = ${sessionId}::uuid as current
        from caller c join device d on d.user_id = c.user_id join refresh_token t on t.device_id = d.id
        where d.revoked_at is null and t.revoked_at is null and t.expires_at > ${now}
        order by t.rotated_at desc, d.id`
      if (rows.length === 0) return undefined
      return rows.map(({ usedAt, expiresAt, ...row }) => ({
        ...row,
        usedAt: usedAt.toISOString(),
        expiresAt: expiresAt.toISOString(),
      }))
    },
    async endSessions({ sessionId }, { keepThis, only = null }) {
      const now = new Date(wallMs())
      const [row] = await prisma.$queryRaw<{ isAlive: boolean; ended: number }[]>`
        with caller as (
          select d.user_id from refresh_token t join device d on d.id = t.device_id
          where t.family = ${sessionId}::uuid and t.revoked_at is null and t.expires_at > ${now}
        ), ended as (
          update refresh_token t set revoked_at = ${now} from device d, caller c
          where d.user_id = c.user_id and t.device_id = d.id and t.revoked_at is null and t.expires_at > ${now}
            and not (${keepThis} and t.family = ${sessionId}::uuid)
            and (${only}::uuid is null or d.pub_id = ${only}::uuid)
          returning d.user_id
        ), told as (
          insert into append_feed (convs, heads, users) select '{}', '{}', array[user_id] from (select distinct user_id from ended) e
        )
        select exists (select from caller) as "isAlive", (select count(*)::int from ended) as ended`
      return row?.isAlive ? row.ended : undefined
    },
  }
}
