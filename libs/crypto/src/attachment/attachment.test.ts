import { gcm } from '@noble/ciphers/aes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AttachmentError, decryptAttachment, type EncryptedAttachment, encryptAttachment } from './attachment.ts'
import { ciphertextSize } from './chunks.ts'

const chunk = 64 * 1024
const sealedChunk = chunk + 16
/** Sizes around every boundary: empty, within a chunk, full chunks, one byte more or less. */
const edgeSizes = [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 1, 3 * chunk - 1]

const file = (size: number) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255)
/** Announces a matching hash and size, so that only the chunks can show that the bytes changed. */
const announced = (attachment: EncryptedAttachment, ciphertext: Uint8Array, size = attachment.size) => ({
  ...attachment,
  ciphertext,
  size,
  sha256: sha256(ciphertext),
})
const expectFault = (attachment: EncryptedAttachment, fault: string) =>
  expect(decryptAttachment(attachment)).rejects.toSatisfy(
    (error) => error instanceof AttachmentError && error.fault === fault,
  )

test.each(edgeSizes)('a file of %i bytes decrypts to the same bytes', async (size) => {
  const encrypted = await encryptAttachment(file(size))
  expect(encrypted.size).toBe(size)
  expect(encrypted.ciphertext).toHaveLength(ciphertextSize(size))
  expect(encrypted.sha256).toEqual(sha256(encrypted.ciphertext))
  expect(Buffer.from(file(size)).equals(await decryptAttachment(encrypted))).toBe(true)
})

test.each([
  [0, 16],
  [1, 17],
  [chunk, chunk + 16],
  [chunk + 1, chunk + 1 + 2 * 16],
])('%i bytes become %i: each chunk has a tag, also the one chunk of an empty file', async (size, encryptedSize) => {
  expect(ciphertextSize(size)).toBe(encryptedSize)
  expect((await encryptAttachment(file(size))).ciphertext).toHaveLength(encryptedSize)
})

test('any file decrypts to the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 4096 }), async (plaintext) => {
      expect(await decryptAttachment(await encryptAttachment(plaintext))).toEqual(plaintext)
    }),
  )
})

test('the same file encrypts under another key to another ciphertext each time', async () => {
  const [one, two] = [await encryptAttachment(file(100)), await encryptAttachment(file(100))]
  expect(one.key).not.toEqual(two.key)
  expect(one.ciphertext).not.toEqual(two.ciphertext)
})

// Other clients read files years later, so another implementation of AES-GCM checks the form.
test('the form is chunks of 64 KiB under the nonce 0 ‖ index ‖ last', async () => {
  const key = file(32)
  const plaintext = file(2 * chunk + 5)
  const nonces = ['000000000000000000000000', '000000000000000000000100', '000000000000000000000201']
  const chunks = nonces.map((nonce, index) =>
    gcm(key, Buffer.from(nonce, 'hex')).encrypt(plaintext.subarray(index * chunk, (index + 1) * chunk)),
  )
  const ciphertext = new Uint8Array(Buffer.concat(chunks))
  const decrypted = await decryptAttachment({ ciphertext, key, sha256: sha256(ciphertext), size: plaintext.length })
  expect(Buffer.from(plaintext).equals(decrypted)).toBe(true)
})

describe('an altered file is rejected', () => {
  test('with any changed byte, by the hash', async () => {
    const encrypted = await encryptAttachment(file(200))
    for (const at of encrypted.ciphertext.keys()) {
      const ciphertext = encrypted.ciphertext.slice()
      ciphertext[at]! ^= 1
      await expectFault({ ...encrypted, ciphertext }, 'hash')
    }
  })

  test('with any changed byte, also by the chunks alone', async () => {
    const encrypted = await encryptAttachment(file(200))
    for (const at of encrypted.ciphertext.keys()) {
      const ciphertext = encrypted.ciphertext.slice()
      ciphertext[at]! ^= 1
      await expectFault(announced(encrypted, ciphertext), 'decrypt')
    }
  })

  test('with any changed byte in any chunk of a longer file', async () => {
    const encrypted = await encryptAttachment(file(2 * chunk + 100))
    const places = fc.nat({ max: encrypted.ciphertext.length - 1 })
    await fc.assert(
      fc.asyncProperty(places, fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const ciphertext = encrypted.ciphertext.slice()
        ciphertext[at]! ^= mask
        await expectFault({ ...encrypted, ciphertext }, 'hash')
        await expectFault(announced(encrypted, ciphertext), 'decrypt')
      }),
    )
  })

  test('with any changed byte of its key or hash', async () => {
    const encrypted = await encryptAttachment(file(10))
    for (const at of encrypted.key.keys()) {
      const [key, hash] = [encrypted.key.slice(), encrypted.sha256.slice()]
      key[at]! ^= 1
      hash[at]! ^= 1
      await expectFault({ ...encrypted, key }, 'decrypt')
      await expectFault({ ...encrypted, sha256: hash }, 'hash')
    }
  })

  test('with a wrong size', async () => {
    const encrypted = await encryptAttachment(file(chunk))
    const sizes = fc.oneof(fc.integer(), fc.double(), fc.integer({ min: chunk - 40, max: chunk + 40 }))
    await fc.assert(
      fc.asyncProperty(sizes, async (size) => {
        fc.pre(size !== chunk)
        await expectFault({ ...encrypted, size }, 'size')
      }),
    )
    await expectFault(announced(encrypted, new Uint8Array(), -16), 'size')
  })

  test.each([0, 16, 24, 33])('with a key of %i bytes', async (length) => {
    await expectFault({ ...(await encryptAttachment(file(10))), key: new Uint8Array(length) }, 'decrypt')
  })

  test('with a shortened or extended hash', async () => {
    const encrypted = await encryptAttachment(file(10))
    await expectFault({ ...encrypted, sha256: encrypted.sha256.subarray(0, 31) }, 'hash')
    await expectFault({ ...encrypted, sha256: new Uint8Array() }, 'hash')
    await expectFault({ ...encrypted, sha256: new Uint8Array([...encrypted.sha256, 0]) }, 'hash')
  })
})

describe('even with matching hash and size nobody can', () => {
  const threeChunks = encryptAttachment(file(3 * chunk))
  const pick = async (...order: readonly number[]) => {
    const encrypted = await threeChunks
    const parts = order.map((index) => encrypted.ciphertext.subarray(index * sealedChunk, (index + 1) * sealedChunk))
    return announced(encrypted, new Uint8Array(Buffer.concat(parts)), order.length * chunk)
  }

  test('(control: the original order opens)', async () => {
    expect(await decryptAttachment(await pick(0, 1, 2))).toHaveLength(3 * chunk)
  })

  test.each([[[1, 0, 2]], [[0, 2, 1]], [[2, 1, 0]]])('reorder chunks: %j', async (order) => {
    await expectFault(await pick(...order), 'decrypt')
  })
  test.each([[[0, 1]], [[0]], [[1, 2]], [[2]], [[0, 2]]])('drop chunks: %j remain', async (order) => {
    await expectFault(await pick(...order), 'decrypt')
  })
  test.each([[[0, 1, 2, 2]], [[0, 0, 1, 2]], [[0, 1, 1, 2]]])('add chunks: %j', async (order) => {
    await expectFault(await pick(...order), 'decrypt')
  })
  test('insert a chunk of another file', async () => {
    const other = await encryptAttachment(file(3 * chunk))
    const spliced = (await threeChunks).ciphertext.slice()
    spliced.set(other.ciphertext.subarray(sealedChunk, 2 * sealedChunk), sealedChunk)
    await expectFault(announced(await threeChunks, spliced), 'decrypt')
  })
})

test('a change of the array during the call has no effect', async () => {
  const encrypted = await encryptAttachment(file(chunk + 1))
  const decrypting = decryptAttachment(encrypted)
  encrypted.ciphertext.fill(0)
  expect(Buffer.from(file(chunk + 1)).equals(await decrypting)).toBe(true)
})
