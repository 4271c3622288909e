import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@noble/hashes/utils.js'

/** Raises 30 digits (99.7 bits) to 112 bits against finding a second key: log2(10^30 × 5200). */
const rounds = 5200
const version = new Uint8Array(2)
const groups = 6
const groupBytes = 5
const groupDigits = 5

/**
 * 30 digits that stand for one user's key: from version ‖ key ‖ identifier, 5200 rounds of SHA-512 over the last result
 * ‖ key; of the end result six groups of 5 bytes (big-endian), each modulo 100 000. This is the construction of libsignal's
 * NumericFingerprintGenerator (https://signal.org/blog/safety-number-updates/); it reproduces the numbers of its tests.
 *
 * Identifiers are told from keys by the keys' fixed length, which the caller checks.
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
