import {
  accountKeyOf,
  createRecoveryKey,
  openRecoveryCopy,
  recoverySecrets,
  sealRecoveryCopy,
  VaultError,
} from '@fastchat/crypto'
import { authOperations, fromBase64Url, type RecoveryCopy, toBase64Url } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import type { Rest } from '../net/rest.ts'
import { Batch, getRecord, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { readRecoveryKey } from './recover.ts'
import { repeatOnce } from './repeat-once.ts'
import type { OpenedAccount } from './set-password.ts'

type Port = { readonly api: Pick<Api, 'call'>; readonly store: Store }

/** The newest copy that this device has seen. A server cannot show it an older one again. */
type SeenRecord = { readonly version: number }
const seenKey = 'recovery'

/**
 * Says whether an account has a recovery key, and since when.
 *
 * @throws {ClientError} `recovery_old` when the server shows a copy from before one seen here
 */
export async function recoveryStatus(port: Port): Promise<{ copy?: RecoveryCopy; createdAt?: string }> {
  const { recovery, createdAt } = await port.api.call(authOperations.getRecovery, {})
  const version = recovery?.version ?? 0
  const seen = (await getRecord<SeenRecord>(port.store, 'meta', seenKey))?.version ?? 0
  if (version < seen) throw new ClientError('recovery_old')
  if (version > seen) await port.store.write(new Batch().put('meta', seenKey, { version }).writes)
  return { ...(recovery && { copy: recovery }), ...(createdAt !== undefined && { createdAt }) }
}

/**
 * Returns whether a recovery key opens this account. The key and what follows from it stay on this
 * device: it opens the copy that the server shows.
 *
 * @throws {ClientError} `recovery_key_invalid`, `no_recovery_key`, `recovery_old`
 */
export async function checkRecoveryKey(port: Port, identity: Identity, written: string): Promise<boolean> {
  const { copyKey } = readRecoveryKey(written)
  const { copy } = await recoveryStatus(port)
  if (!copy) throw new ClientError('no_recovery_key')
  try {
    const { userId, accountKey } = identity
    const context = { copyKey, userId, version: copy.version }
    const { accountPrivate } = await openRecoveryCopy(context, fromBase64Url(copy.body))
    return toBase64Url(accountKeyOf(accountPrivate)) === accountKey
  } catch (error) {
    if (error instanceof VaultError) return false
    throw error
  }
}

/**
 * Makes a new recovery key. The former one opens nothing from then on, at an honest server.
 *
 * @throws {ServerError} `stale_version` when another device made one at the same time
 * @throws {ClientError} `change_uncertain` when no answer came: make another one
 */
export async function replaceRecoveryKey(rest: Rest, port: Port, account: OpenedAccount): Promise<string> {
  // An older version than the one seen here may come from a restored database. The new key opens
  // none of the former copies, so it harms nothing.
  const { recovery } = await port.api.call(authOperations.getRecovery, {})
  const version = (recovery?.version ?? 0) + 1
  const { recoveryKey, ...sealed } = await sealedRecovery({ ...account, version })
  const body = { version, ...sealed }
  await repeatOnce(() => rest.call(authOperations.putRecovery, { token: account.enrolToken, body }))
  await port.store.write(new Batch().put('meta', seenKey, { version }).writes)
  return recoveryKey
}

/** Makes a recovery key, and the account key sealed under it for the server. */
export async function sealedRecovery({
  userId,
  version,
  accountPrivate,
  hasState,
}: Pick<OpenedAccount, 'userId' | 'accountPrivate' | 'hasState'> & { readonly version: number }) {
  const recoveryKey = createRecoveryKey()
  const { verifier, copyKey } = recoverySecrets(recoveryKey)
  const sealed = await sealRecoveryCopy({ copyKey, userId, version }, { accountPrivate, hasState })
  return { recoveryKey, verifier, body: toBase64Url(sealed) }
}
