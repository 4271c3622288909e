import {
  accountKeyOf,
  openRecoveryCopy,
  preparePassword,
  RecoveryKeyError,
  recoverySecrets,
  VaultError,
} from '@fastchat/crypto'
import { authOperations, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { inWorker, type PasswordWork } from '../account/password-work.ts'
import { ClientError } from '../errors.ts'
import { readUsername } from '../names.ts'
import type { Rest } from '../net/rest.ts'
import { type EndingOthers, type OpenedAccount, setPassword } from './set-password.ts'

/**
 * Opens the account with its recovery key. The server learns the key's login value, which opens
 * nothing.
 *
 * @throws {ServerError} `recovery_wrong`
 * @throws {ClientError} `recovery_key_invalid` when the key has a typo, `wrong_recovery` when the
 *   server's copy is not the one that this key sealed, `wrong_account`
 */
async function recover(rest: Rest, written: string, recoveryKey: string): Promise<OpenedAccount> {
  const username = readUsername(written)
  const { loginValue, copyKey } = readRecoveryKey(recoveryKey)
  const body = { username, recovery: loginValue }
  const { user, enrolToken, recovery, vault } = await rest.call(authOperations.recover, { body })
  if (user.username !== username) throw new ClientError('wrong_account')
  const { userId } = user
  try {
    const sealed = fromBase64Url(recovery.body)
    const contents = await openRecoveryCopy({ copyKey, userId, version: recovery.version }, sealed)
    if (toBase64Url(accountKeyOf(contents.accountPrivate)) !== user.accountKey)
      throw new VaultError('the copy holds another key')
    return { userId, enrolToken, ...contents, vaultVersion: vault?.version ?? 0, by: 'recovery' }
  } catch (cause) {
    if (!(cause instanceof VaultError)) throw cause
    throw new ClientError('wrong_recovery', undefined, { cause })
  }
}

/**
 * Sets a new password with the recovery key. Messages, devices and the recovery key stay.
 *
 * @throws {PasswordTooShortError} before the server is asked
 * @throws as `recover` and `setPassword`
 */
export async function resetPassword(
  rest: Rest,
  {
    username,
    recoveryKey,
    password,
    ...ending
  }: EndingOthers & {
    readonly username: string
    readonly recoveryKey: string
    readonly password: string
  },
  work: PasswordWork = inWorker,
): Promise<void> {
  preparePassword(password)
  await setPassword(rest, await recover(rest, username, recoveryKey), password, ending, work)
}

/**
 * Returns what a recovery key proves and opens.
 *
 * @throws {ClientError} `recovery_key_invalid`
 */
export function readRecoveryKey(written: string): ReturnType<typeof recoverySecrets> {
  try {
    return recoverySecrets(written)
  } catch (cause) {
    if (!(cause instanceof RecoveryKeyError)) throw cause
    throw new ClientError('recovery_key_invalid', undefined, { cause })
  }
}
