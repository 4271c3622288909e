import type { WallMs } from '@fastchat/clock'
import { hashInviteCode, type Prisma, type PrismaClient } from '@fastchat/db'
import type { Kdf, UserId } from '@fastchat/schema'
import type { AccountStore, NewAccount, SignupRefusal } from '../domain/accounts.ts'

type Row = {
  user_id: UserId
  account_key: Uint8Array
  name_sig: Uint8Array | null
  password_hash: string
  kdf: Kdf | null
  is_disabled: boolean
  password_no: number
  version: number | null
  body: Uint8Array | null
}

/** The verdict on a sign-up; `invite` is the key of the invitation that allows it. */
type Admission = { readonly refusal: SignupRefusal } | { readonly invite: bigint | undefined }

/**
 * Rolls back the use of an invitation when the account was not added. It never leaves this file.
 */
class NotAdded extends Error {}

export function createAccountStore(prisma: PrismaClient, wallMs: () => WallMs): AccountStore {
  return {
    async find(username) {
      const [row] = await prisma.$queryRaw<Row[]>`
        select u.pub_id as user_id, u.account_key, u.name_sig, u.password_hash, u.kdf, u.disabled_at is not null as is_disabled,
          u.password_no, v.version, v.body
        from "user" u left join vault v on v.user_id = u.id
        where u.username = ${username} and u.deleted_at is null`
      if (!row) return undefined
      return {
        userId: row.user_id,
        username,
        accountKey: row.account_key,
        nameSig: row.name_sig ?? undefined,
        passwordHash: row.password_hash,
        isDisabled: row.is_disabled,
        passwordNo: row.password_no,
        kdf: row.kdf ?? undefined,
        vault: row.version !== null && row.body !== null ? { version: row.version, body: row.body } : undefined,
      }
    },
    async setNameSig(userId, nameSig) {
      await prisma.user.updateMany({
        where: { pubId: userId, nameSig: null, deletedAt: null },
        data: { nameSig: new Uint8Array(nameSig) },
      })
    },
    isTaken: async (username) => (await prisma.user.count({ where: { username } })) > 0,
    async refusal(invite) {
      const admission = await admit(prisma, invite, { purpose: 'look', now: wallMs() })
      return 'refusal' in admission ? admission.refusal : undefined
    },
    async add(account, invite) {
      try {
        return await prisma.$transaction(async (tx) => {
          const admission = await admit(tx, invite, { purpose: 'use', now: wallMs() })
          if ('refusal' in admission) return admission.refusal
          if (!(await insert(tx, account, admission.invite))) throw new NotAdded()
          return 'added'
        })
      } catch (error) {
        if (!(error instanceof NotAdded)) throw error
        const { username } = account
        return (await prisma.user.count({ where: { username } })) > 0 ? 'username_taken' : 'id_taken'
      }
    },
  }
}

async function admit(
  tx: Prisma.TransactionClient,
  code: string | undefined,
  { purpose, now }: { readonly purpose: 'look' | 'use'; readonly now: WallMs },
): Promise<Admission> {
  const { signup } = await tx.installation.findUniqueOrThrow({ where: { id: 1 } })
  if (signup === 'open') return { invite: undefined }
  if (signup === 'closed') return { refusal: 'signup_closed' }
  if (code === undefined) return { refusal: 'invite_required' }
  const codeHash = hashInviteCode(code)
  const usable = { codeHash, usesLeft: { gt: 0 }, revokedAt: null, expiresAt: { gt: new Date(now) } }
  // Of two sign-ups that use up an invitation at once, the second waits for the first and then
  // finds none.
  const [found] =
    purpose === 'look'
      ? await tx.invite.findMany({ where: usable, select: { id: true } })
      : await tx.invite.updateManyAndReturn({
          where: usable,
          data: { usesLeft: { decrement: 1 } },
          select: { id: true },
        })
  return found ? { invite: found.id } : { refusal: 'invite_invalid' }
}

async function insert(tx: Prisma.TransactionClient, account: NewAccount, invite: bigint | undefined): Promise<boolean> {
  const { userId, username, accountKey, nameSig, passwordHash, kdf, vault, accountState, recovery } = account
  const kdfJson = kdf === undefined ? null : JSON.stringify(kdf)
  const added = await tx.$queryRaw<unknown[]>`
    with account as (
      insert into "user" (pub_id, username, password_hash, account_key, name_sig, kdf, invite_id)
      values (${userId}::uuid, ${username}, ${passwordHash}, ${accountKey}, ${nameSig}, ${kdfJson}::jsonb,
        ${invite ?? null}::bigint)
      on conflict do nothing
      returning id
    ), sealed as (
      insert into vault (user_id, version, body)
      select id, ${vault?.version ?? null}::int, ${vault?.body ?? null}::bytea
      from account where ${vault !== undefined}
    ), state as (
      insert into account_state (user_id, version, body)
      select id, 1, ${accountState ?? null}::bytea
      from account where ${accountState !== undefined}
    ), recoverable as (
      insert into recovery (user_id, version, verifier, body)
      select id, 1, ${recovery?.verifier ?? null}::bytea, ${recovery?.body ?? null}::bytea
      from account where ${recovery !== undefined}
    )
    select id from account`
  return added.length > 0
}
