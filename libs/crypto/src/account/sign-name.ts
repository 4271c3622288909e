import { ed25519 } from '@noble/curves/ed25519.js'
import { type NameClaims, nameSignedBytes } from '../verify/name-statement.ts'

/** Signs the name of an account with its key (32-byte Ed25519 seed). Returns 64 bytes. */
export function signName(accountPrivate: Uint8Array, name: NameClaims): Uint8Array {
  return ed25519.sign(nameSignedBytes(name), accountPrivate)
}
