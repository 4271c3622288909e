/** Smallest padded size: a short text, a receipt and a reaction look alike. */
const smallest = 256

/** Around the plaintext, inside the encryption: its length (at most 4), and the signature of 64 with its length (2). */
const framingBytes = 4 + 2 + 64

/** Largest plaintext: padded to 32 KiB, with header and tags it stays within the protocol's limit for an envelope. */
export const maxPlaintextBytes = 32 * 1024 - framingBytes

/**
 * What to pad the encrypted content to: four sizes to each power of two, never under 256 bytes. So the size says little,
 * at the price of at most a quarter more bytes (RFC 9420 §15.1).
 */
export function paddedLength(plaintextBytes: number): number {
  const content = plaintextBytes + framingBytes
  const step = Math.max(smallest, 2 ** (Math.floor(Math.log2(content)) - 2))
  return Math.ceil(content / step) * step
}
