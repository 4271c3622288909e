import { createFileKey } from '@fastchat/crypto'
import { type ConversationId, type FileRef, type Payload, toBase64Url } from '@fastchat/schema'
import { maxFileBytes } from '../attachments.ts'
import { ClientError } from '../errors.ts'
import { newAttachmentId } from '../new-id.ts'
import type { OutgoingRecord } from './file-records.ts'
import type { FileSource } from './file-source.ts'
import type { FileMessage, OutgoingFileInfo } from './transfer.ts'

const maxMimeLetters = 127
const maxNameLetters = 255

/** Returns the record of a file that is about to be encrypted. */
export function newOutgoing(
  conversation: ConversationId,
  { name, mime, size }: FileSource,
  { id, caption, fields, picture }: FileMessage,
  queuedAt: number,
): OutgoingRecord {
  return {
    ...{ id, conversation, attachment: newAttachmentId(), key: toBase64Url(createFileKey()) },
    ...{ name: sentName(name), mime: mime.slice(0, maxMimeLetters), size, queuedAt },
    ...(caption && { caption }),
    ...(fields && { fields }),
    ...(picture && { picture }),
  }
}

/** Returns the message that carries a file: a picture has its size and its preview. */
export function payloadOf(record: OutgoingRecord): Payload {
  const { attachment, key, sha256 = '', size, name, mime, caption, fields, picture } = record
  const file: FileRef = { attachment, key, sha256, size, name, mime }
  const said = { ...(caption !== undefined && { caption }), ...fields }
  return picture ? { v: 1, kind: 'image', file, ...picture, ...said } : { v: 1, kind: 'file', file, ...said }
}

/** Returns what is told of a file that waits. */
export function infoOf(record: OutgoingRecord): OutgoingFileInfo {
  const { id, conversation, name, mime, size, caption, queuedAt, picture } = record
  return {
    ...{ id, conversation, name, mime, size, queuedAt },
    ...(caption !== undefined && { caption }),
    ...(picture && { picture }),
  }
}

/** @throws {ClientError} `too_large` */
export function checkSize({ name, size }: FileSource): void {
  if (size <= maxFileBytes) return
  const mebibytes = Math.floor(maxFileBytes / 2 ** 20)
  throw new ClientError('too_large', `${sentName(name)} is larger than ${mebibytes} MiB, the most that can be sent`)
}

/** The last part of a path: the name of a folder of the sender is nobody's business. */
const sentName = (name: string): string => (name.split(/[/\\]/).at(-1) || 'file').slice(0, maxNameLetters)
