import { ed25519 } from '@noble/curves/ed25519.js'
import { type NameClaims, nameSignedBytes } from '../verify/name-statement.ts'

/** The account's statement of its name: 64 bytes. `accountPrivate` is the 32-byte Ed25519 seed. */
export function signName(accountPrivate: Uint8Array, name: NameClaims): Uint8Array {
  return ed25519.sign(nameSignedBytes(name), accountPrivate)
}
