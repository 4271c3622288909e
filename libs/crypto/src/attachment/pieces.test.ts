import { expect, test } from 'vitest'
import { AttachmentError, decryptAttachment, encryptAttachment } from './attachment.ts'
import { createFileHash, createFileKey, decryptPieces, encryptPieces } from './pieces.ts'

const chunk = 64 * 1024
const file = (size: number) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 8)) & 255)

/** Gives bytes in pieces of uneven sizes. */
async function* pieces(bytes: Uint8Array, by: number) {
  for (let at = 0; at < bytes.length; at += by) yield bytes.subarray(at, at + by)
}
async function whole(source: AsyncIterable<Uint8Array>) {
  const all = []
  for await (const piece of source) all.push(piece)
  return new Uint8Array(Buffer.concat(all))
}
const refused = (fault: string) =>
  expect.objectContaining<Partial<AttachmentError>>({ name: 'AttachmentError', fault: fault as 'size' })

test.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 3 * chunk + 5])(
  'a file of %i bytes in pieces has the form of a whole one, and back',
  async (size) => {
    const key = createFileKey()
    const plaintext = file(size)
    const ciphertext = await whole(encryptPieces({ key, size }, pieces(plaintext, 10_007)))
    const hash = createFileHash()
    for await (const piece of pieces(ciphertext, 999)) hash.update(piece)
    const opened = await decryptAttachment({ ciphertext, key, size, sha256: hash.digest() })
    expect(Buffer.from(opened).equals(plaintext)).toBe(true)
    const made = await encryptAttachment(plaintext)
    const read = await whole(decryptPieces(made, pieces(made.ciphertext, 65_537)))
    expect(Buffer.from(read).equals(plaintext)).toBe(true)
  },
)

test('a source with other than the announced bytes is refused', async () => {
  const key = createFileKey()
  for (const size of [chunk - 1, chunk + 1, 0, 2 * chunk])
    await expect(whole(encryptPieces({ key, size }, pieces(file(chunk), 1_000)))).rejects.toEqual(refused('size'))
})

test('a ciphertext that was changed, cut, extended or reordered does not open', async () => {
  const { key, size, ciphertext } = await encryptAttachment(file(2 * chunk + 9))
  const sealed = chunk + 16
  const open = (bytes: Uint8Array) => whole(decryptPieces({ key, size }, pieces(bytes, 50_000)))
  const changed = ciphertext.slice()
  changed[sealed + 3]! ^= 1
  await expect(open(changed)).rejects.toEqual(refused('decrypt'))
  await expect(open(ciphertext.subarray(0, 2 * sealed))).rejects.toEqual(refused('size'))
  await expect(open(new Uint8Array())).rejects.toEqual(refused('size'))
  const swapped = Buffer.concat([
    ciphertext.subarray(sealed, 2 * sealed),
    ciphertext.subarray(0, sealed),
    ciphertext.subarray(2 * sealed),
  ])
  await expect(open(swapped)).rejects.toEqual(refused('decrypt'))
  await expect(open(Buffer.concat([ciphertext, ciphertext.subarray(0, 20)]))).rejects.toBeInstanceOf(AttachmentError)
  await expect(whole(decryptPieces({ key: key.subarray(0, 16), size }, pieces(ciphertext, 9)))).rejects.toEqual(
    refused('decrypt'),
  )
})
