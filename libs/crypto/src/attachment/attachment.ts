import { chunkBytes, chunkCount, chunkNonce, ciphertextSize, tagBytes } from './chunks.ts'

/** An encrypted file. The server stores the ciphertext; only the message has the other fields. */
export interface EncryptedAttachment {
  /** The encrypted file of `ciphertextSize(size)` bytes. */
  readonly ciphertext: Uint8Array
  /** The AES-256-GCM key of this file only, 32 bytes. */
  readonly key: Uint8Array
  /** SHA-256 of the ciphertext, 32 bytes. */
  readonly sha256: Uint8Array
  /** The size of the plaintext in bytes. */
  readonly size: number
}

/** The fact that does not fit: `size`, `hash`, or the key, which opens no chunk (`decrypt`). */
export type AttachmentFault = 'size' | 'hash' | 'decrypt'

export class AttachmentError extends Error {
  override name = 'AttachmentError'
  readonly fault: AttachmentFault
  constructor(fault: AttachmentFault, options?: ErrorOptions) {
    super(`the attachment does not open (${fault})`, options)
    this.fault = fault
  }
}

const keyBytes = 32

/** Encrypts a file in chunks of 64 KiB under a new random key: see `chunkNonce`. */
export async function encryptAttachment(plaintext: Uint8Array): Promise<EncryptedAttachment> {
  const size = plaintext.length
  const key = crypto.getRandomValues(new Uint8Array(keyBytes))
  const aes = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt'])
  const ciphertext = new Uint8Array(ciphertextSize(size))
  const chunks = chunkCount(size)
  for (let index = 0; index < chunks; index++) {
    const chunk = plaintext.slice(index * chunkBytes, (index + 1) * chunkBytes)
    const encrypted = await crypto.subtle.encrypt(algorithm(index, chunks), aes, chunk)
    ciphertext.set(new Uint8Array(encrypted), index * (chunkBytes + tagBytes))
  }
  return { ciphertext, key, sha256: await sha256Of(ciphertext), size }
}

/**
 * Returns the whole file or nothing, never a part. It checks the hash first, which pins the bytes
 * that the sender meant. AES-GCM alone lets one ciphertext open under two keys to two contents
 * (Dodis, Grubbs, Ristenpart, Woodage, "Fast Message Franking", CRYPTO 2018).
 *
 * @throws {AttachmentError} when anything differs from the result of `encryptAttachment`
 */
export async function decryptAttachment(attachment: EncryptedAttachment): Promise<Uint8Array<ArrayBuffer>> {
  const { key, sha256, size } = attachment
  if (size < 0 || attachment.ciphertext.length !== ciphertextSize(size)) throw new AttachmentError('size')
  // Copied, so that the caller cannot change the bytes between the check and their use.
  const ciphertext = attachment.ciphertext.slice()
  if (!isEqual(await sha256Of(ciphertext), sha256)) throw new AttachmentError('hash')
  // WebCrypto would accept 16 bytes as an AES-128 key.
  if (key.length !== keyBytes) throw new AttachmentError('decrypt')
  const aes = await crypto.subtle.importKey('raw', key.slice(), 'AES-GCM', false, ['decrypt'])
  const plaintext = new Uint8Array(size)
  const chunks = chunkCount(size)
  for (let index = 0; index < chunks; index++) {
    const start = index * (chunkBytes + tagBytes)
    const chunk = ciphertext.subarray(start, start + chunkBytes + tagBytes)
    try {
      plaintext.set(
        new Uint8Array(await crypto.subtle.decrypt(algorithm(index, chunks), aes, chunk)),
        index * chunkBytes,
      )
    } catch (cause) {
      throw new AttachmentError('decrypt', { cause })
    }
  }
  return plaintext
}

function algorithm(index: number, chunks: number): AesGcmParams {
  return { name: 'AES-GCM', iv: chunkNonce(index, index === chunks - 1) }
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

/** Compares without constant time: anyone who could measure it knows both values. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
