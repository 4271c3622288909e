import {
  type DeviceId,
  DeviceIdSchema,
  FixedBytes,
  formOf,
  toBase64Url,
  type UserId,
  UserIdSchema,
} from '@fastchat/schema'
import { type Static, Type } from 'typebox'
import { HandshakeError } from './handshake-error.ts'
import { bytesOfField, encodeJson, readCanonicalJson } from './json-statement.ts'
import { isSignedBy, signedBytes } from './signature.ts'

/**
 * The owner of a leaf, signed by the account key. The caller must know whether that account key is
 * the user's.
 */
export interface CredentialClaims {
  userId: UserId
  deviceId: DeviceId
  /** The account's Ed25519 public key, 32 bytes. */
  accountKey: Uint8Array
  /** The device's Ed25519 public key, 32 bytes, which is also that of its leaf. */
  signatureKey: Uint8Array
}

const label = 'fastchat device v1'

/** The identity of an MLS basic credential (RFC 9420 §5.3): UTF-8 JSON with keys in this order. */
const IdentitySchema = Type.Object(
  {
    v: Type.Literal(1),
    userId: UserIdSchema,
    deviceId: DeviceIdSchema,
    accountKey: FixedBytes(32, 'Ed25519 public key of the account'),
    sig: FixedBytes(64, "The account key's signature"),
  },
  { additionalProperties: false },
)
const form = formOf(IdentitySchema)

/** Returns the bytes that the account key signs for a device. */
export function credentialSignedBytes(device: Omit<CredentialClaims, 'accountKey'>): Uint8Array {
  return signedBytes(label, [device.userId, device.deviceId, device.signatureKey])
}

/** Checks the account key's signature for a device. Also used when a device registers. */
export function verifyDeviceSignature(device: CredentialClaims & { sig: Uint8Array }): Promise<boolean> {
  return isSignedBy(device.accountKey, credentialSignedBytes(device), device.sig)
}

export function encodeIdentity(claims: Omit<CredentialClaims, 'signatureKey'> & { sig: Uint8Array }): Uint8Array {
  return encodeIdentityJson({
    v: 1,
    userId: claims.userId,
    deviceId: claims.deviceId,
    accountKey: toBase64Url(claims.accountKey),
    sig: toBase64Url(claims.sig),
  })
}

/**
 * Reads an identity without checking its signature. Use it only for a leaf that was verified when
 * it entered the tree.
 *
 * @throws HandshakeError `malformed`
 */
export function readIdentity(identity: Uint8Array, signatureKey: Uint8Array): CredentialClaims & { sig: Uint8Array } {
  const { userId, deviceId, accountKey, sig } = readCanonicalJson(identity, form, encodeIdentityJson)
  return { userId, deviceId, accountKey: bytesOfField(accountKey), signatureKey, sig: bytesOfField(sig) }
}

/**
 * Checks that the account key in `identity` has signed the device that holds `signatureKey`.
 *
 * @throws HandshakeError `malformed`, `bad_credential`
 */
export async function verifyCredential(identity: Uint8Array, signatureKey: Uint8Array): Promise<CredentialClaims> {
  const { sig, ...claims } = readIdentity(identity, signatureKey)
  if (!(await verifyDeviceSignature({ ...claims, sig })))
    throw new HandshakeError('bad_credential', 'device not signed by the account key')
  return claims
}

function encodeIdentityJson({ v, userId, deviceId, accountKey, sig }: Static<typeof IdentitySchema>): Uint8Array {
  return encodeJson({ v, userId, deviceId, accountKey, sig })
}
