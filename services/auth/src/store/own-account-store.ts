import type { WallMs } from '@fastchat/clock'
import type { Prisma, PrismaClient } from '@fastchat/db'
import type { DeviceId } from '@fastchat/schema'
import type { Enrolled, OwnAccountStore } from '../domain/own-account.ts'
import { sessionsOf } from './own-sessions.ts'

/** One statement deletes this many attachments. Their chunks make it slow. */
const attachmentsAtOnce = 200

type Owner = { readonly id: bigint; readonly username: string; readonly password_no: number }

export function createOwnAccountStore(prisma: PrismaClient, wallMs: () => WallMs): OwnAccountStore {
  return {
    ...sessionsOf(prisma, wallMs),
    setPassword: (enrolled, { passwordHash, kdf, vault, ends, note = null }) =>
      prisma.$transaction(async (tx) => {
        const owner = await lock(tx, enrolled)
        if (!owner) return 'no_owner'
        const stored = await tx.vault.findUnique({ where: { userId: owner.id } })
        // The answer to the same request may have been lost.
        if (stored?.version === vault.version && isSame(stored.body, vault.body)) return 'stored'
        if (owner.password_no !== enrolled.passwordNo) return 'no_owner'
        if (vault.version !== (stored?.version ?? 0) + 1) return 'stale'
        await tx.$executeRaw`
          update "user" set password_hash = ${passwordHash}, kdf = ${JSON.stringify(kdf)}::jsonb, password_no = password_no + 1
          where id = ${owner.id}`
        await tx.$executeRaw`
          insert into vault (user_id, version, body, note) values (${owner.id}, ${vault.version}, ${vault.body}, ${note}::bytea)
          on conflict (user_id) do update set version = excluded.version, body = excluded.body, note = excluded.note`
        if (ends) await endOthers(tx, owner.id, ends.keep, new Date(wallMs()))
        return 'stored'
      }),
    putRecovery: (enrolled, { version, verifier, body }) =>
      prisma.$transaction(async (tx) => {
        const owner = await lock(tx, enrolled)
        if (owner?.password_no !== enrolled.passwordNo) return 'no_owner'
        const stored = await tx.recovery.findUnique({ where: { userId: owner.id } })
        if (stored?.version === version && isSame(stored.body, body)) return 'stored'
        if (version !== (stored?.version ?? 0) + 1) return 'stale'
        await tx.$executeRaw`
          insert into recovery (user_id, version, verifier, body) values (${owner.id}, ${version}, ${verifier}, ${body})
          on conflict (user_id) do update set version = excluded.version, verifier = excluded.verifier,
            body = excluded.body, created_at = now()`
        return 'stored'
      }),
    async recovery({ sessionId }) {
      const [row] = await prisma.$queryRaw<
        { version: number | null; body: Uint8Array | null; createdAt: Date | null }[]
      >`
        select r.version, r.body, r.created_at as "createdAt"
        from refresh_token t join device d on d.id = t.device_id join "user" u on u.id = d.user_id
        left join recovery r on r.user_id = u.id
        where t.family = ${sessionId}::uuid and t.revoked_at is null and d.revoked_at is null and u.disabled_at is null`
      if (!row) return undefined
      const { version, body, createdAt } = row
      return version !== null && body !== null && createdAt !== null ? { recovery: { version, body }, createdAt } : {}
    },
    async passwordNote({ sessionId }) {
      const [row] = await prisma.$queryRaw<{ note: Uint8Array | null }[]>`
        select v.note from refresh_token t join device d on d.id = t.device_id join "user" u on u.id = d.user_id
        left join vault v on v.user_id = u.id
        where t.family = ${sessionId}::uuid and t.revoked_at is null and d.revoked_at is null and u.disabled_at is null`
      if (!row) return undefined
      return row.note ? { note: row.note } : {}
    },
    async delete({ userId, passwordNo }, username) {
      const known = await prisma.user.findUnique({ where: { pubId: userId }, select: { username: true } })
      if (known && known.username !== username) return 'name_differs'
      const [row] = await prisma.$queryRaw<{ outcome: boolean | null }[]>`
        select delete_own_account(${userId}::uuid, ${username}, ${passwordNo}::int) as outcome`
      if (row?.outcome === undefined || row.outcome === null) return false
      for (;;) {
        const [step] = await prisma.$queryRaw<{ freed: number }[]>`
          select free_attachments(${userId}::uuid, ${attachmentsAtOnce}::int) as freed`
        if ((step?.freed ?? 0) < attachmentsAtOnce) return true
      }
    },
  }
}

/**
 * Locks the account. The lock is `no key`: a commit that names the user as a member does not wait.
 */
async function lock(tx: Prisma.TransactionClient, { userId }: Enrolled): Promise<Owner | undefined> {
  const [owner] = await tx.$queryRaw<Owner[]>`
    select id, username, password_no from "user"
    where pub_id = ${userId}::uuid and deleted_at is null and disabled_at is null for no key update`
  return owner
}

/** The row in the feed tells the pods that sessions have ended. */
async function endOthers(tx: Prisma.TransactionClient, owner: bigint, keep: string | undefined, now: Date) {
  // Every device id has the form of a UUID, which the contract has checked.
  const kept = (keep ?? null) as DeviceId | null
  await tx.$executeRaw`
    with ended as (
      update refresh_token t set revoked_at = ${now} from device d
      where d.id = t.device_id and d.user_id = ${owner} and t.revoked_at is null
        and (${kept}::uuid is null or d.pub_id <> ${kept}::uuid)
      returning 1
    )
    insert into append_feed (convs, heads, users)
    select '{}', '{}', array[${owner}::bigint] where exists (select from ended)`
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
