import type { PrismaClient } from '@fastchat/db'
import type { SessionOwner, SessionStore } from '../domain/sessions.ts'

export function createSessionStore(prisma: PrismaClient): SessionStore {
  return {
    async open({ deviceId, family, hash, now, expiresAt, passwordNo = null }) {
      // The lock lets a change of the password, which may end sessions, run before this or after.
      const [row] = await prisma.$queryRaw<{ isFormer: boolean; isOpen: boolean }[]>`
        with owner as materialized (
          select d.id, u.password_no from device d join "user" u on u.id = d.user_id
          where d.pub_id = ${deviceId}::uuid and d.revoked_at is null and u.disabled_at is null
          for share of u
        ), fitting as (select id from owner where coalesce(${passwordNo}::int, password_no) = password_no),
        former as (delete from refresh_token using fitting where device_id = fitting.id),
        opened as (
          insert into refresh_token (family, device_id, hash, rotated_at, expires_at)
          select ${family}::uuid, id, ${hash}, ${now}, ${expiresAt} from fitting
          returning 1
        )
        select exists (select from opened) as "isOpen", exists (select from owner) as "isFormer"`
      if (row?.isOpen) return 'opened'
      return row?.isFormer ? 'former_password' : 'disabled'
    },
    async rotate({ family, generation, hash, nextHash, now, expiresAt }) {
      const [owner] = await prisma.$queryRaw<SessionOwner[]>`
        update refresh_token t
        set hash = ${nextHash}, previous_hash = ${hash}, generation = ${generation + 1}, is_restored = false,
          rotated_at = ${now}, expires_at = ${expiresAt}
        from device d join "user" u on u.id = d.user_id
        where t.family = ${family}::uuid and (t.hash = ${hash} or (t.is_restored and t.generation < ${generation}))
          and t.revoked_at is null and t.expires_at > ${now}
          and d.id = t.device_id and d.revoked_at is null and u.disabled_at is null
        returning u.pub_id as "userId", d.pub_id as "deviceId"`
      return owner
    },
    async repeat({ family, hash, now, since }) {
      const [owner] = await prisma.$queryRaw<SessionOwner[]>`
        select u.pub_id as "userId", d.pub_id as "deviceId"
        from refresh_token t join device d on d.id = t.device_id join "user" u on u.id = d.user_id
        where t.family = ${family}::uuid and t.previous_hash = ${hash} and t.rotated_at > ${since}
          and t.revoked_at is null and t.expires_at > ${now} and d.revoked_at is null and u.disabled_at is null`
      return owner
    },
    async revocationOf({ family, hash }) {
      const [row] = await prisma.$queryRaw<{ revocation: Uint8Array | null }[]>`
        select d.revocation from refresh_token t join device d on d.id = t.device_id
        where t.family = ${family}::uuid and ${hash} in (t.hash, t.previous_hash)`
      return row?.revocation ?? undefined
    },
    async isIdle({ family, hash, now }) {
      const [row] = await prisma.$queryRaw<unknown[]>`
        select 1 from refresh_token t join device d on d.id = t.device_id join "user" u on u.id = d.user_id
        where t.family = ${family}::uuid and ${hash} in (t.hash, t.previous_hash) and u.disabled_at is null
          and (t.idle_at is not null or (t.revoked_at is null and t.expires_at <= ${now}))`
      return row !== undefined
    },
    async end({ family, hash, now }) {
      // The row in the feed tells the pods within a few seconds that the session has ended, with or
      // without Redis.
      const ended = await prisma.$queryRaw<unknown[]>`
        with ended as (
          update refresh_token set revoked_at = ${now}
          where family = ${family}::uuid and revoked_at is null and expires_at > ${now}
            and (${hash ?? null}::bytea is null or ${hash ?? null}::bytea in (hash, previous_hash))
          returning device_id
        ), told as (
          insert into append_feed (convs, heads, users)
          select '{}', '{}', array[d.user_id] from ended join device d on d.id = ended.device_id
        )
        select device_id from ended`
      return ended.length > 0
    },
  }
}
