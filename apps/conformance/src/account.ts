import {
  createAccountKey,
  createDeviceKeys,
  type DeviceIdentity,
  signCredential,
  signName,
  signSessionProof,
} from '@fastchat/crypto'
import { type DeviceId, toBase64Url, type UserId } from '@fastchat/schema'
import { textAt } from './expect.ts'
import { call, succeeded } from './http.ts'
import type { NewId } from './new-id.ts'

/** A user with one device, made for one run of the checks. */
export type Account = {
  readonly username: string
  readonly password: string
  readonly identity: DeviceIdentity
  token: string
  refreshToken: string
}

/** Makes the body of a sign-up, with its keys. */
export function newcomer(newId: NewId) {
  // A UUIDv7 has the form of a user's id.
  const userId = newId() as UserId
  // The last 12 digits of an id are random. Two ids together are hard to guess.
  const username = `conformance-${newId().slice(-12)}`
  const password = `${newId()}${newId()}`
  const account = createAccountKey()
  const nameSig = toBase64Url(signName(account.accountPrivate, { userId, username }))
  const body = { username, password, userId, accountKey: toBase64Url(account.accountKey), nameSig }
  return { body, account, userId, username, password }
}

/** Signs up, registers a device and opens its session. */
export async function signUp(url: string, newId: NewId): Promise<Account> {
  const { body, account, userId, username, password } = newcomer(newId)
  const enrolment = await call(`${url}/v1/signup`, { body })
  succeeded(enrolment, 201)
  const deviceId = newId() as DeviceId
  const keys = createDeviceKeys()
  const credentialSig = signCredential(account.accountPrivate, {
    userId,
    deviceId,
    signatureKey: keys.signaturePublic,
  })
  const device = await call(`${url}/v1/devices`, {
    token: textAt(enrolment.body, 'enrolToken'),
    body: {
      deviceId,
      name: 'conformance kit',
      signatureKey: toBase64Url(keys.signaturePublic),
      credentialSig: toBase64Url(credentialSig),
    },
  })
  succeeded(device, 201)
  return {
    username,
    password,
    identity: { userId, deviceId, accountKey: account.accountKey, credentialSig, ...keys },
    token: textAt(device.body, 'tokens', 'accessToken'),
    refreshToken: textAt(device.body, 'tokens', 'refreshToken'),
  }
}

/** Returns the proof that opens a session of a registered device after a login. */
export const proofOf = ({ identity }: Account, enrolToken: string): string =>
  toBase64Url(signSessionProof(identity.signaturePrivate, enrolToken))
