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
 * A user's statement that a device is no longer theirs. It is permanent and holds in every
 * conversation, because device ids are never used again. It names no group and no epoch: showing it
 * again or elsewhere changes nothing.
 */
export interface RevocationClaims {
  userId: UserId
  deviceId: DeviceId
  /** The account's Ed25519 public key, 32 bytes. */
  accountKey: Uint8Array
}

const label = 'fastchat revocation v1'

const RevocationSchema = Type.Object(
  {
    v: Type.Literal(1),
    userId: UserIdSchema,
    deviceId: DeviceIdSchema,
    accountKey: FixedBytes(32, 'Ed25519 public key of the account'),
    sig: FixedBytes(64, "The account key's signature"),
  },
  { additionalProperties: false },
)
const form = formOf(RevocationSchema)

/** Returns the bytes that the account key signs to revoke a device. */
export function revocationSignedBytes({ userId, deviceId }: Omit<RevocationClaims, 'accountKey'>): Uint8Array {
  return signedBytes(label, [userId, deviceId])
}

/** Encodes the statement as UTF-8 JSON with its keys in fixed order. */
export function encodeRevocation({ userId, deviceId, ...keys }: RevocationClaims & { sig: Uint8Array }): Uint8Array {
  const [accountKey, sig] = [toBase64Url(keys.accountKey), toBase64Url(keys.sig)]
  return encodeRevocationJson({ v: 1, userId, deviceId, accountKey, sig })
}

/**
 * Reads a revocation and checks its signature. The caller must compare the account key with the
 * user's, and the device with the user's devices.
 *
 * @throws HandshakeError `malformed`, `bad_signature`
 */
export async function verifyRevocation(statement: Uint8Array): Promise<RevocationClaims> {
  const { sig, ...claims } = decode(statement)
  if (!(await isSignedBy(claims.accountKey, revocationSignedBytes(claims), sig)))
    throw new HandshakeError('bad_signature', 'revocation not signed by the account key')
  return claims
}

function decode(statement: Uint8Array): RevocationClaims & { sig: Uint8Array } {
  const { userId, deviceId, accountKey, sig } = readCanonicalJson(statement, form, encodeRevocationJson)
  return { userId, deviceId, accountKey: bytesOfField(accountKey), sig: bytesOfField(sig) }
}

function encodeRevocationJson({ v, userId, deviceId, accountKey, sig }: Static<typeof RevocationSchema>): Uint8Array {
  return encodeJson({ v, userId, deviceId, accountKey, sig })
}
