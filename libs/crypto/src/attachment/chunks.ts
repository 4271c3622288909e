/** Plaintext bytes of every chunk but the last, which may hold fewer (and holds none only in an empty file). */
export const chunkBytes = 64 * 1024
/** What AES-GCM appends to each chunk. */
export const tagBytes = 16

const nonceBytes = 12
const counterAt = 7
const lastFlagAt = 11

/** An empty file is one empty chunk, so that it is authenticated, too. */
export function chunkCount(plaintextSize: number): number {
  return Math.max(1, Math.ceil(plaintextSize / chunkBytes))
}

/** Bytes of the encrypted form of a file of `plaintextSize` bytes; known before encrypting, for the size limit. */
export function ciphertextSize(plaintextSize: number): number {
  return plaintextSize + chunkCount(plaintextSize) * tagBytes
}

/**
 * Nonce of chunk `index`: 7 zero bytes ‖ index (4, big-endian) ‖ 1 in the last chunk, else 0. This is STREAM (Hoang,
 * Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015, §7):
 * a chunk opens only at its own place and as last only if it was, so none can be moved, dropped, added or cut off.
 * The prefix may be zero because each key encrypts one file.
 */
export function chunkNonce(index: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(nonceBytes)
  new DataView(nonce.buffer).setUint32(counterAt, index)
  nonce[lastFlagAt] = isLast ? 1 : 0
  return nonce
}
