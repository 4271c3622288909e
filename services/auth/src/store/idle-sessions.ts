import type { WallMs } from '@fastchat/clock'
import type { PrismaClient } from '@fastchat/db'

/** One transaction ends this many sessions, in a few milliseconds. */
const sessionsAtOnce = 200

/**
 * Ends the sessions of unused devices. Their leaves stay: only the account key or the user's own
 * devices can remove them.
 */
export function createIdleSessions(prisma: PrismaClient, wallMs: () => WallMs) {
  return {
    /**
     * Ends some of the sessions whose time is over. Returns true when more may be left.
     *
     * It deletes the key packages of such a device when another device of the user is signed in.
     * So new groups get no leaf for it, and people without another device can still be added.
     */
    async end(): Promise<boolean> {
      const now = new Date(wallMs())
      const [row] = await prisma.$queryRaw<{ count: number }[]>`
        with idle as (
          select t.family from refresh_token t
          where t.revoked_at is null and t.expires_at <= ${now}
          order by t.family limit ${sessionsAtOnce} for update skip locked
        ), ended as (
          update refresh_token t set revoked_at = ${now}, idle_at = ${now}
          from idle where t.family = idle.family
          returning t.device_id
        ), owners as (
          select e.device_id, d.user_id from ended e join device d on d.id = e.device_id
        ), gone as (
          delete from key_package k using owners o
          where k.device_id = o.device_id and exists (
            select from device d join refresh_token t on t.device_id = d.id
            where d.user_id = o.user_id and d.revoked_at is null and t.revoked_at is null and t.expires_at > ${now})
        ), told as (
          insert into append_feed (convs, heads, users)
          select '{}', '{}', array_agg(distinct o.user_id) from owners o having count(*) > 0
        )
        select count(*)::int as count from ended`
      return (row?.count ?? 0) === sessionsAtOnce
    },
  }
}
