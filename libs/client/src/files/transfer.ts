import type { AttachmentId, ConversationId, MessageId } from '@fastchat/schema'
import type { MessageFields, PictureFields } from './file-records.ts'

/** How far a file has got. `done` and `total` are bytes of the ciphertext. */
export type Progress = {
  readonly stage: 'encrypting' | 'uploading' | 'downloading'
  readonly done: number
  readonly total: number
}

/** The progress of a file, as the event `transfer` tells it. */
export type Transfer = Progress & {
  readonly attachment: AttachmentId
  /** The message that will carry the file, for files on their way out. */
  readonly id?: MessageId
  readonly conversation?: ConversationId
}

/** The options of an upload or download. */
export type TransferOptions = {
  /** Aborting it cancels the transfer and deletes its progress. */
  readonly signal?: AbortSignal
  /** It is called as the file gets further. */
  readonly onProgress?: (progress: Progress) => void
}

/** The message of a file: its id, by which a repeated call sends nothing twice, and its words. */
export type FileMessage = {
  readonly id: MessageId
  readonly caption?: string
  readonly fields?: MessageFields
  /** Sends the file as a picture of this size. */
  readonly picture?: PictureFields
}

/** A file that waits to be sent. */
export type OutgoingFileInfo = {
  readonly id: MessageId
  readonly conversation: ConversationId
  readonly name: string
  readonly mime: string
  readonly size: number
  readonly caption?: string
  /** The size and the preview of a picture. */
  readonly picture?: PictureFields
  readonly queuedAt: number
}
