/** Plaintext bytes of every chunk except the last. The last has fewer; in an empty file, none. */
export const chunkBytes = 64 * 1024
/** The size of the tag that AES-GCM appends to each chunk. */
export const tagBytes = 16

const nonceBytes = 12
const counterAt = 7
const lastFlagAt = 11

/** Returns the number of chunks. An empty file is one empty chunk, so it is authenticated, too. */
export function chunkCount(plaintextSize: number): number {
  return Math.max(1, Math.ceil(plaintextSize / chunkBytes))
}

/** Returns the size of the encrypted file, which a client needs before encrypting. */
export function ciphertextSize(plaintextSize: number): number {
  return plaintextSize + chunkCount(plaintextSize) * tagBytes
}

/**
 * Returns the nonce of a chunk: 7 zero bytes ‖ index (4, big-endian) ‖ 1 in the last chunk, else 0.
 * This is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption and its
 * Nonce-Reuse Misuse-Resistance", CRYPTO 2015, §7). A chunk opens only at its index, and as the
 * last one only if it was, so no chunk can be moved, dropped, added or cut off. The prefix may be
 * zero because each key encrypts one file.
 */
export function chunkNonce(index: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(nonceBytes)
  new DataView(nonce.buffer).setUint32(counterAt, index)
  nonce[lastFlagAt] = isLast ? 1 : 0
  return nonce
}
