import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'

const keyBytes = 32
const label = 'fastchat/v1/home'

/**
 * Returns the key that seals the store key of a device while it is logged out: HKDF-SHA256 of the
 * state key. It survives a change of the password, on this device or on another.
 */
export function deriveHomeKey(stateKey: Uint8Array): Uint8Array {
  return hkdf(sha256, stateKey, undefined, new TextEncoder().encode(label), keyBytes)
}
