/** The smallest padded size, so that a short text, a receipt and a reaction look alike. */
const smallest = 256

/** Bytes around the plaintext: its length (at most 4), a signature (64) and its length (2). */
const framingBytes = 4 + 2 + 64

/** The largest plaintext. Padded to 32 KiB, with header and tags, it fits into an envelope. */
export const maxPlaintextBytes = 32 * 1024 - framingBytes

/**
 * Returns the padded size of the encrypted content: four sizes for each power of two, from 256
 * bytes. So the size reveals little, at the cost of a quarter more bytes at most (RFC 9420 §15.1).
 */
export function paddedLength(plaintextBytes: number): number {
  const content = plaintextBytes + framingBytes
  const step = Math.max(smallest, 2 ** (Math.floor(Math.log2(content)) - 2))
  return Math.ceil(content / step) * step
}
