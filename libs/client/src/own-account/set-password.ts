import { defaultKdf, sealVault, signPasswordNote } from '@fastchat/crypto'
import type { PasswordWay } from '@fastchat/crypto/verify'
import { authOperations, type DeviceId, toBase64Url, type UserId } from '@fastchat/schema'
import { inWorker, type PasswordWork } from '../account/password-work.ts'
import type { Rest } from '../net/rest.ts'
import { repeatOnce } from './repeat-once.ts'

/** An account whose private key is at hand: a password or a recovery key has opened it. */
export type OpenedAccount = {
  readonly userId: UserId
  readonly enrolToken: string
  readonly accountPrivate: Uint8Array
  readonly hasState: boolean
  /** The version of the vault that the server keeps; 0 if there is none. */
  readonly vaultVersion: number
  readonly by: PasswordWay
}

/** Says whether other sessions end with the password, and which device keeps its own. */
export type EndingOthers = {
  readonly endOthers?: boolean
  readonly keep?: DeviceId
  /** Stores the note before the request, so that this device does not take it for news. */
  readonly noted?: (note: string) => Promise<void>
}

/**
 * Gives the account another password: a new salt, and the vault sealed again as the next version.
 * The server takes both in one step, so at any time exactly one password opens the account. A note,
 * which the account key signs, tells the devices of the account.
 *
 * @throws {ServerError} `stale_version` when another device changed the password at the same time
 * @throws {ClientError} `change_uncertain` when no answer came: either password may hold
 */
export async function setPassword(
  rest: Rest,
  { userId, enrolToken, accountPrivate, hasState, vaultVersion, by }: OpenedAccount,
  password: string,
  { endOthers = false, keep, noted }: EndingOthers = {},
  work: PasswordWork = inWorker,
): Promise<void> {
  const salt = work.createSalt()
  const { loginValue, vaultKey } = await work.derive({ password, salt, params: defaultKdf })
  const version = vaultVersion + 1
  const sealed = await sealVault({ vaultKey, userId, version, accountPrivate, hasState })
  const note = toBase64Url(signPasswordNote(accountPrivate, { userId, version, by }))
  const body = {
    note,
    password: loginValue,
    kdf: { ...defaultKdf, salt: toBase64Url(salt) },
    vault: { version, body: toBase64Url(sealed) },
    ...(endOthers && { endOthers }),
    ...(endOthers && keep !== undefined && { keep }),
  }
  await noted?.(note)
  await repeatOnce(() => rest.call(authOperations.setPassword, { token: enrolToken, body }))
}
