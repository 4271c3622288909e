import { authOperations, limits } from '@fastchat/schema'
import { bind, type Server, toBase64Url } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import { limitBytesByUser, limitByUser } from './limit-by-user.ts'
import { bytesOf } from './wire.ts'

/** The largest index in base64url, with the field names and the version. */
const bodyLimit = Math.ceil((limits.maxBackupIndexBytes * 4) / 3) + 64

/** Binds the operations on the index of an account's backup. */
export function bindAccountBackup(
  server: Server,
  deps: Pick<Deps, 'accountBackups' | 'pushAccount' | 'backupReads' | 'backupPuts' | 'backupPutBytes'>,
): void {
  const { accountBackups, pushAccount, backupReads, backupPuts, backupPutBytes } = deps

  bind(
    server,
    authOperations.getBackup,
    async ({ actor, query: { after = 0 } }) => {
      const { version, body } = await accountBackups.get(actor, after)
      return { version, ...(body && { body: toBase64Url(body) }) }
    },
    { onRequest: limitByUser(backupReads) },
  )

  bind(
    server,
    authOperations.putBackup,
    async ({ actor, body: { version, body } }) => {
      await accountBackups.put(actor, version, bytesOf(body, '/body'))
      pushAccount(actor.userId, 'backup', actor.deviceId)
      return { version }
    },
    { bodyLimit, onRequest: [limitByUser(backupPuts), limitBytesByUser(backupPutBytes, bodyLimit)] },
  )
}
