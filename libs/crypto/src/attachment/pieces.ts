import { sha256 } from '@noble/hashes/sha2.js'
import { AttachmentError } from './attachment.ts'
import { chunkBytes, chunkCount, chunkNonce, tagBytes } from './chunks.ts'

const keyBytes = 32

/** The form of an encrypted file that is made and read piece by piece. */
export interface FileCipher {
  /** The AES-256-GCM key of this file only, 32 bytes. */
  readonly key: Uint8Array
  /** The size of the plaintext in bytes. */
  readonly size: number
}

/** Makes the random key of one file. */
export const createFileKey = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(keyBytes))

/** Computes SHA-256 over bytes that come in pieces. */
export function createFileHash(): { update(bytes: Uint8Array): void; digest(): Uint8Array } {
  const hash = sha256.create()
  return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() }
}

/**
 * Yields the ciphertext of a file in the form of `encryptAttachment`, chunk by chunk. It holds one
 * chunk. A key must encrypt one file only, once: see `chunkNonce`.
 *
 * @throws {AttachmentError} `size` when the source has other than `size` bytes
 */
export async function* encryptPieces(
  { key, size }: FileCipher,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const aes = await importKey(key, 'encrypt')
  const count = chunkCount(size)
  let index = 0
  let seen = 0
  for await (const chunk of inChunks(source, chunkBytes)) {
    seen += chunk.length
    if (seen > size) throw new AttachmentError('size')
    yield new Uint8Array(await crypto.subtle.encrypt(algorithm(index++, count), aes, chunk))
  }
  if (seen !== size) throw new AttachmentError('size')
  // An empty file is one empty chunk.
  if (index === 0) yield new Uint8Array(await crypto.subtle.encrypt(algorithm(0, count), aes, new Uint8Array()))
}

/**
 * Yields the plaintext of a file, chunk by chunk. Check the hash of the whole ciphertext before:
 * see `decryptAttachment`.
 *
 * @throws {AttachmentError} when a chunk does not open, or chunks are missing or too many
 */
export async function* decryptPieces(
  { key, size }: FileCipher,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const aes = await importKey(key, 'decrypt')
  const count = chunkCount(size)
  let index = 0
  let seen = 0
  for await (const chunk of inChunks(source, chunkBytes + tagBytes)) {
    if (index >= count) throw new AttachmentError('size')
    const plaintext = await decrypt(aes, algorithm(index++, count), chunk)
    seen += plaintext.length
    yield plaintext
  }
  if (index !== count || seen !== size) throw new AttachmentError('size')
}

async function decrypt(
  aes: CryptoKey,
  how: AesGcmParams,
  chunk: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, aes, chunk))
  } catch (cause) {
    throw new AttachmentError('decrypt', { cause })
  }
}

/** WebCrypto would accept 16 bytes as an AES-128 key. */
async function importKey(key: Uint8Array, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  if (key.length !== keyBytes) throw new AttachmentError('decrypt')
  return await crypto.subtle.importKey('raw', key.slice(), 'AES-GCM', false, [use])
}

const algorithm = (index: number, chunks: number): AesGcmParams => ({
  name: 'AES-GCM',
  iv: chunkNonce(index, index === chunks - 1),
})

/** Cuts the bytes into pieces of `size`. The last has the rest; an empty source has none. */
export async function* inChunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let held = new Uint8Array(size)
  let length = 0
  for await (const part of source) {
    for (let at = 0; at < part.length; ) {
      const taken = Math.min(size - length, part.length - at)
      held.set(part.subarray(at, at + taken), length)
      length += taken
      at += taken
      if (length < size) continue
      yield held
      held = new Uint8Array(size)
      length = 0
    }
  }
  if (length > 0) yield held.slice(0, length)
}
