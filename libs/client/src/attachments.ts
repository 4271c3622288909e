import { ciphertextSize, decryptAttachment, encryptAttachment } from '@fastchat/crypto'
import { type FileRef, fromBase64Url, limits, toBase64Url } from '@fastchat/schema'
import { ClientError } from './errors.ts'
import type { Api } from './net/api.ts'
import { newAttachmentId } from './new-id.ts'

/** The size of the largest file whose ciphertext the server takes. */
export const maxFileBytes = (() => {
  const tags = ciphertextSize(limits.maxAttachmentBytes) - limits.maxAttachmentBytes
  return limits.maxAttachmentBytes - tags
})()

export type OutgoingFile = { readonly bytes: Uint8Array; readonly name: string; readonly mime: string }

/**
 * Encrypts a file under a fresh key and uploads it. The message that names it must follow within a
 * day.
 *
 * @throws {ClientError} `too_large`
 */
export async function uploadFile(api: Api, { bytes, name, mime }: OutgoingFile): Promise<FileRef> {
  if (ciphertextSize(bytes.length) > limits.maxAttachmentBytes) {
    const mebibytes = limits.maxAttachmentBytes / 1024 / 1024
    throw new ClientError('too_large', `${name} is larger than ${mebibytes} MiB, the most that can be sent`)
  }
  const attachment = newAttachmentId()
  const { ciphertext, key, sha256, size } = await encryptAttachment(bytes)
  await api.upload(`/v1/attachments/${attachment}`, ciphertext.slice())
  return { attachment, key: toBase64Url(key), sha256: toBase64Url(sha256), size, name, mime }
}

/**
 * Downloads and decrypts a file.
 *
 * @throws {AttachmentError} when the bytes are not the ones that the message named
 */
export async function downloadFile(api: Api, file: FileRef): Promise<Uint8Array> {
  const path = `/v1/attachments/${file.attachment}`
  const ciphertext = await api.download(path, ciphertextSize(file.size))
  return await decryptAttachment({
    ciphertext,
    key: fromBase64Url(file.key),
    sha256: fromBase64Url(file.sha256),
    size: file.size,
  })
}
