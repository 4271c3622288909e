import {
  type DeviceId,
  DeviceIdSchema,
  FixedBytes,
  fromBase64Url,
  toBase64Url,
  type UserId,
  UserIdSchema,
} from '@fastchat/schema'
import { type Static, Type } from 'typebox'
import { HandshakeError } from './handshake-error.ts'
import { encodeJson, readCanonicalJson } from './json-statement.ts'
import { isSignedBy, signedBytes } from './signature.ts'

/**
 * A user's word that one of their devices is theirs no more. It holds for ever and in every conversation, since a device id is never used
 * again: so whoever shows it once more, or elsewhere, says nothing new, and it names no group and no epoch.
 */
export interface RevocationClaims {
  userId: UserId
  deviceId: DeviceId
  /** Ed25519 public key of the account, 32 bytes. */
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

/** What the account key signs to revoke a device. */
export function revocationSignedBytes({ userId, deviceId }: Omit<RevocationClaims, 'accountKey'>): Uint8Array {
  return signedBytes(label, [userId, deviceId])
}

/** The statement as UTF-8 JSON with its keys in one order. */
export function encodeRevocation({ userId, deviceId, ...keys }: RevocationClaims & { sig: Uint8Array }): Uint8Array {
  const [accountKey, sig] = [toBase64Url(keys.accountKey), toBase64Url(keys.sig)]
  return encodeRevocationJson({ v: 1, userId, deviceId, accountKey, sig })
}

/**
 * Reads a revocation and checks its signature. Whether the account key is the user's, and the device one of theirs, is for the caller to
 * compare.
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
  const { userId, deviceId, accountKey, sig } = readCanonicalJson(statement, RevocationSchema, encodeRevocationJson)
  try {
    return { userId, deviceId, accountKey: fromBase64Url(accountKey), sig: fromBase64Url(sig) }
  } catch (cause) {
    throw new HandshakeError('malformed', 'not base64url', { cause })
  }
}

function encodeRevocationJson({ v, userId, deviceId, accountKey, sig }: Static<typeof RevocationSchema>): Uint8Array {
  return encodeJson({ v, userId, deviceId, accountKey, sig })
}
