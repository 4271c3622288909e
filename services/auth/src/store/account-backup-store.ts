import type { PrismaClient } from '@fastchat/db'
import type { AccountStateStore } from '../domain/account-state.ts'

/** Keeps the index of each account's backup, under the rules of an account state. */
export function createAccountBackupStore(prisma: PrismaClient): AccountStateStore {
  return {
    async read({ userId, deviceId }, after) {
      const [row] = await prisma.$queryRaw<{ version: number; body: Uint8Array | null }[]>`
        select coalesce(b.version, 0) as version, case when b.version > ${after} then b.body end as body
        from device d join "user" u on u.id = d.user_id left join account_backup b on b.user_id = u.id
        where d.pub_id = ${deviceId}::uuid and u.pub_id = ${userId}::uuid
          and d.revoked_at is null and u.deleted_at is null`
      return row && { version: row.version, body: row.body ?? undefined }
    },
    async replace({ userId, deviceId }, version, body) {
      // As for the account state: one statement, whose lock keeps a deletion of the account apart.
      const [row] = await prisma.$queryRaw<{ hasOwner: boolean; isStored: boolean }[]>`
        with owner as materialized (
          select u.id from device d join "user" u on u.id = d.user_id
          where d.pub_id = ${deviceId}::uuid and u.pub_id = ${userId}::uuid
            and d.revoked_at is null and u.deleted_at is null
          for share of u
        ), stored as (
          insert into account_backup as b (user_id, version, body)
          select o.id, ${version}::int, ${body}::bytea from owner o
          where ${version}::int = 1 or exists (select from account_backup known where known.user_id = o.id)
          on conflict (user_id) do update
            set version = excluded.version, body = excluded.body, updated_at = now()
            where b.version = excluded.version - 1
          returning 1
        )
        select exists (select from owner) as "hasOwner", exists (select from stored) as "isStored"`
      if (!row?.hasOwner) return 'no_owner'
      return row.isStored ? 'stored' : 'stale'
    },
  }
}
