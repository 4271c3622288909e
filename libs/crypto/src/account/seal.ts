import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { managedNonce } from '@noble/ciphers/utils.js'

const keyBytes = 32
const utf8 = new TextEncoder()

/**
 * The cipher is XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha). It is synchronous: a store seals
 * inside a synchronous transaction, where WebCrypto cannot be used. In JavaScript it takes 0.03 ms
 * for 4 KiB and 0.2 ms for 40 KiB; AES-256-GCM takes over three times as long. With random 192-bit
 * nonces nobody has to count how often a store is written.
 */
const cipher = managedNonce(xchacha20poly1305)

/** The sealed value did not open: another key, another `aad`, or its bytes changed. */
export class SealError extends Error {
  override name = 'SealError'
}

/** Makes a random key for the store of one device. */
export function createStoreKey(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(keyBytes))
}

/**
 * Seals one value of a store. `aad` names its table and row, so a value cannot be moved to another
 * row by writing to the file. An older value of the same row can still be put back.
 *
 * @returns nonce (24) ‖ ciphertext ‖ tag (16): 40 bytes more than `plaintext`
 * @throws {Error} when the key is not 32 bytes
 */
export function seal(key: Uint8Array, plaintext: Uint8Array, aad: string): Uint8Array {
  return cipher(key, utf8.encode(aad)).encrypt(plaintext)
}

/** @throws {SealError} unless `seal` made `sealed` with this key and `aad` */
export function open(key: Uint8Array, sealed: Uint8Array, aad: string): Uint8Array {
  try {
    return cipher(key, utf8.encode(aad)).decrypt(sealed)
  } catch (cause) {
    throw new SealError('the sealed value does not open', { cause })
  }
}
