import type { PrismaClient } from '@fastchat/db'
import type { UserId } from '@fastchat/schema'
import type { RecoveryStore } from '../domain/recovery.ts'

type Row = {
  user_id: UserId
  account_key: Uint8Array
  name_sig: Uint8Array | null
  is_disabled: boolean
  password_no: number
  version: number
  verifier: Uint8Array
  body: Uint8Array
  vault_version: number | null
  vault_body: Uint8Array | null
}

export function createRecoveryStore(prisma: PrismaClient): RecoveryStore {
  return {
    async find(username) {
      const [row] = await prisma.$queryRaw<Row[]>`
        select u.pub_id as user_id, u.account_key, u.name_sig, u.disabled_at is not null as is_disabled, u.password_no,
          r.version, r.verifier, r.body, v.version as vault_version, v.body as vault_body
        from "user" u join recovery r on r.user_id = u.id left join vault v on v.user_id = u.id
        where u.username = ${username} and u.deleted_at is null`
      if (!row) return undefined
      const { vault_version: vaultVersion, vault_body: vaultBody } = row
      return {
        userId: row.user_id,
        username,
        accountKey: row.account_key,
        nameSig: row.name_sig ?? undefined,
        isDisabled: row.is_disabled,
        passwordNo: row.password_no,
        verifier: row.verifier,
        recovery: { version: row.version, body: row.body },
        ...(vaultVersion !== null && vaultBody !== null && { vault: { version: vaultVersion, body: vaultBody } }),
      }
    },
  }
}
