import { signRevocation } from '@fastchat/crypto'
import { authOperations, type DeviceId, toBase64Url } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import type { Rest } from '../net/rest.ts'
import type { Identity } from '../store/records.ts'
import { logIn } from './enrol.ts'
import { inWorker, type PasswordWork } from './password-work.ts'

type Revoking = {
  readonly rest: Rest
  readonly api: Pick<Api, 'call'>
  /** Replaces the keys that the revoked device has. It never rejects: the revocation goes on. */
  rotate(accountPrivate: Uint8Array): Promise<void>
  readonly work?: Pick<PasswordWork, 'derive'>
}

/**
 * Revokes a device of this account permanently. The password opens the account key, which signs the
 * revocation. Returns that statement, base64url.
 *
 * @throws {ServerError} `wrong_credentials`, `not_found`
 * @throws {ClientError} `wrong_vault`, `wrong_account`
 */
export async function revokeDevice(
  { rest, api, rotate, work = inWorker }: Revoking,
  { userId, username, accountKey }: Identity,
  deviceId: DeviceId,
  password: string,
): Promise<string> {
  const { enrolment, accountPrivate } = await logIn(rest, username, password, work)
  const { user } = enrolment
  if (user.userId !== userId || user.accountKey !== accountKey) throw new ClientError('wrong_account')
  await rotate(accountPrivate)
  const statement = toBase64Url(signRevocation(accountPrivate, { userId, deviceId }))
  await api.call(authOperations.revokeDevice, { params: { deviceId }, query: { statement } })
  return statement
}
