import {
  createDeviceKeys,
  type DeviceIdentity,
  signCredential,
  signRevocation,
  signSessionProof,
} from '@fastchat/crypto'
import { authOperations, type DeviceId, fromBase64Url, type Tokens, toBase64Url } from '@fastchat/schema'
import { sealLabel } from '../devices/device-label.ts'
import { readLabel } from '../names.ts'
import type { Rest } from '../net/rest.ts'
import { newDeviceId } from '../new-id.ts'
import type { Identity } from '../store/records.ts'
import type { Enrolled } from './enrol.ts'

/**
 * Makes the keys of a new device, with a credential that the account key signs. The server does not
 * know the device yet.
 *
 * @throws {ClientError} `invalid_name`
 */
export function createIdentity(
  { enrolment: { user, kdf }, accountPrivate, stateKey }: Enrolled,
  deviceName: string,
  kind?: string,
): Identity {
  const name = readLabel(deviceName, 'device')
  const deviceId = newDeviceId()
  const { signaturePrivate, signaturePublic } = createDeviceKeys()
  const credentialSig = signCredential(accountPrivate, { userId: user.userId, deviceId, signatureKey: signaturePublic })
  return {
    userId: user.userId,
    username: user.username,
    deviceId,
    deviceName: name,
    ...(kind !== undefined && { deviceKind: kind }),
    accountKey: user.accountKey,
    credentialSig: toBase64Url(credentialSig),
    signaturePrivate: toBase64Url(signaturePrivate),
    signaturePublic: toBase64Url(signaturePublic),
    ...(kdf && { kdf }),
    stateKey: toBase64Url(stateKey),
  }
}

/**
 * Registers a device whose keys are stored already, so that a crash in between can be repaired.
 * `ending` is another device of the account, which the server revokes first.
 */
export async function registerDevice(
  rest: Rest,
  { enrolment, accountPrivate, stateKey }: Enrolled,
  identity: Identity,
  ending?: DeviceId,
): Promise<Tokens> {
  const { userId, deviceId, deviceName, deviceKind } = identity
  const kind = deviceKind === undefined ? {} : { kind: deviceKind }
  const ends = ending && {
    deviceId: ending,
    statement: toBase64Url(signRevocation(accountPrivate, { userId, deviceId: ending })),
  }

  const { tokens } = await rest.call(authOperations.registerDevice, {
    token: enrolment.enrolToken,
    body: {
      deviceId: identity.deviceId,
      name: identity.deviceName,
      signatureKey: identity.signaturePublic,
      credentialSig: identity.credentialSig,
      label: await sealLabel({ stateKey, userId, deviceId }, { name: deviceName, ...kind }),
      ...kind,
      ...(ends && { ends }),
    },
  })
  return tokens
}

/** Gets new tokens for a registered device, which proves that it still has its key. */
export async function openSession(rest: Rest, { enrolment }: Enrolled, identity: Identity): Promise<Tokens> {
  const proof = signSessionProof(fromBase64Url(identity.signaturePrivate), enrolment.enrolToken)
  const { tokens } = await rest.call(authOperations.openSession, {
    token: enrolment.enrolToken,
    params: { deviceId: identity.deviceId },
    body: { proof: toBase64Url(proof) },
  })
  return tokens
}

export const deviceIdentity = (identity: Identity): DeviceIdentity => ({
  userId: identity.userId,
  deviceId: identity.deviceId,
  accountKey: fromBase64Url(identity.accountKey),
  credentialSig: fromBase64Url(identity.credentialSig),
  signaturePrivate: fromBase64Url(identity.signaturePrivate),
  signaturePublic: fromBase64Url(identity.signaturePublic),
})
