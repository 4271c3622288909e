import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@noble/hashes/utils.js'

/** Raises the work to find a second key from 99.7 bits (30 digits) to 112: log2(10^30 × 5200). */
const rounds = 5200
const version = new Uint8Array(2)
const groups = 6
const groupBytes = 5
const groupDigits = 5

/**
 * Returns 30 digits for the key of one user. It hashes version ‖ key ‖ identifier in 5200 rounds of
 * SHA-512, each over the last result ‖ key. Of the end result, six groups of 5 bytes (big-endian)
 * are taken modulo 100 000. This is the NumericFingerprintGenerator of libsignal
 * (https://signal.org/blog/safety-number-updates/); it gives the numbers of libsignal's tests.
 *
 * The fixed length of keys separates them from identifiers. The caller checks it.
 */
export function fingerprint(identifier: Uint8Array, publicKey: Uint8Array): string {
  let hash = concatBytes(version, publicKey, identifier)
  for (let round = 0; round < rounds; round++) hash = sha512(concatBytes(hash, publicKey))
  let digits = ''
  for (let group = 0; group < groups; group++) {
    let number = 0
    for (const byte of hash.subarray(group * groupBytes, (group + 1) * groupBytes)) number = number * 256 + byte
    digits += String(number % 10 ** groupDigits).padStart(groupDigits, '0')
  }
  return digits
}
