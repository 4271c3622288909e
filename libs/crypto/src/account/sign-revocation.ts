import { ed25519 } from '@noble/curves/ed25519.js'
import { encodeRevocation, type RevocationClaims, revocationSignedBytes } from '../verify/revocation.ts'

/** Signs the revocation of a device with the account's key (32-byte Ed25519 seed). */
export function signRevocation(
  accountPrivate: Uint8Array,
  { userId, deviceId }: Omit<RevocationClaims, 'accountKey'>,
): Uint8Array {
  const sig = ed25519.sign(revocationSignedBytes({ userId, deviceId }), accountPrivate)
  return encodeRevocation({ userId, deviceId, accountKey: ed25519.getPublicKey(accountPrivate), sig })
}
