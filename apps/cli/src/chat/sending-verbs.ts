import {
  blobSource,
  type Client,
  type FailedRecord,
  type FileMessage,
  type FileSource,
  isAnnotation,
  type Progress,
} from '@fastchat/client'
import { fileSource } from '@fastchat/client/node'
import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import { CliError, exitCodes } from '../cli-error.ts'
import { saveFile } from '../images/save-file.ts'
import { toCliError } from '../to-cli-error.ts'
import type { Picture, SavedFile, WaitingFile } from './chat-info.ts'
import { untilSettled } from './until-settled.ts'

/** The time that the server's reason for an ended chat is waited for. */
const removedPatienceMs = 2_000

type In = { readonly conversation: ConversationId }
type One = { readonly id: MessageId }

/** The verbs of a device about messages and files on their way out, and files that came in. */
export type SendingVerbs = {
  /** Queues a message. Resolves when this device has stored it. */
  send(args: In & One & { readonly payload: Payload }): Promise<void>
  /** Resolves when the server has stored a queued message. */
  stored(args: In & One): Promise<{ readonly seq: number; readonly at: number }>
  /**
   * Sends the file at an absolute path. Resolves when this device has stored it, encrypted. It
   * goes out then as a queued message does.
   */
  sendFile(args: In & One & { readonly path: string; readonly caption?: string }): Promise<void>
  /** Sends a picture as `sendFile` does. `bytes` is in base64. */
  sendPicture(args: In & One & Picture): Promise<void>
  /** Cancels a file that is on its way out. Returns whether there was one. */
  cancelFile(args: One): Promise<boolean>
  /** Returns the files that wait to be sent, the oldest first. */
  waitingFiles(): Promise<readonly WaitingFile[]>
  /** Saves the file of a message into a folder, under a name that is not taken. */
  saveFile(args: One & { readonly folder: string }): Promise<SavedFile>
  /** Returns the messages that could not be sent, the oldest first. */
  failed(): Promise<readonly FailedRecord[]>
  /** Queues a failed message again, as a new one. Returns its id. */
  retryFailed(args: One): Promise<MessageId>
  discardFailed(args: One): Promise<void>
}

export const isSendingVerb: Readonly<Record<keyof SendingVerbs, true>> = {
  send: true,
  stored: true,
  sendFile: true,
  sendPicture: true,
  cancelFile: true,
  waitingFiles: true,
  saveFile: true,
  failed: true,
  retryFailed: true,
  discardFailed: true,
}

/**
 * Returns these verbs on the device of this process.
 * @param cancelForward cancels a message that is being forwarded. Returns whether there was one
 */
export function sendingVerbs(client: Client, clock: Clock, cancelForward: (id: MessageId) => boolean): SendingVerbs {
  return {
    async send({ conversation, id, payload }) {
      if (await isStored(client, id)) return
      const attachments = payload.kind === 'image' || payload.kind === 'file' ? [payload.file.attachment] : []
      const queued = isAnnotation(payload)
        ? client.messages.send(conversation, payload, id)
        : client.conversation(conversation).outbox.queue(id, payload, attachments)
      await queued.catch((error: unknown) => tellRemoved(client, clock, error))
      client.start()
    },
    async stored({ conversation, id }) {
      client.start()
      await client.files.whenQueued(id)
      const { outbox } = client.conversation(conversation)
      if (outbox.records.has(id)) return await outbox.whenStored(id).catch(tellRefusal)
      const { seq, at } = await client.entry(id)
      return { seq, at }
    },
    async sendFile({ conversation, id, path, caption }) {
      if (await isStored(client, id)) return
      await untilEncrypted(client, clock, conversation, await fileSource(path), { id, ...(caption && { caption }) })
    },
    async sendPicture({ conversation, id, name, mime, bytes, picture, caption }) {
      if (await isStored(client, id)) return
      const source = { ...blobSource(new Blob([Buffer.from(bytes, 'base64')]), name), mime }
      await untilEncrypted(client, clock, conversation, source, { id, picture, ...(caption && { caption }) })
    },
    cancelFile: async ({ id }) => cancelForward(id) || (await client.files.cancel(id)),
    waitingFiles: async () => await client.files.waiting(),
    async saveFile({ id, folder }) {
      const { payload } = await client.entry(id)
      if (payload?.kind !== 'image' && payload?.kind !== 'file')
        throw new CliError('nothing_to_save', 'This message has no file, so nothing was saved')
      const file = await client.files.download(payload.file)
      const path = await saveFile(folder, file.name, file.read())
      await file.discard()
      return { path, name: file.name, size: file.size }
    },
    failed: async () => await client.failed.list(),
    async retryFailed({ id }) {
      const retried = await client.failed.retry(id)
      client.start()
      return retried
    },
    discardFailed: async ({ id }) => await client.failed.discard(id),
  }
}

/** Sends a file. Resolves when this device has stored its ciphertext; the upload goes on. */
function untilEncrypted(
  client: Client,
  clock: Clock,
  conversation: ConversationId,
  source: FileSource,
  message: FileMessage,
): Promise<void> {
  client.start()
  return new Promise<void>((resolve, reject) => {
    const onProgress = ({ stage }: Progress) => stage === 'uploading' && resolve()
    client.files
      .send(conversation, source, { ...message, onProgress })
      .then(resolve, (error: unknown) => tellRemoved(client, clock, error).catch(reject))
  })
}

async function isStored(client: Client, id: MessageId): Promise<boolean> {
  try {
    await client.entry(id)
    return true
  } catch (error) {
    if (toCliError(error).code === 'unknown_message') return false
    throw error
  }
}

/**
 * Throws the reason why a message could not be queued. The server says whether this device was
 * removed from its account, or its user from the chat.
 */
async function tellRemoved(client: Client, clock: Clock, error: unknown): Promise<never> {
  if (toCliError(error).code !== 'not_a_member') throw error
  client.start()
  const reason: unknown = await untilSettled(client, { patienceMs: removedPatienceMs, clock }).catch(
    (why: unknown) => why,
  )
  throw toCliError(reason).code === 'device_revoked' ? reason : error
}

/**
 * Throws the words for a send that the server rejected. To people outside, it hides a conversation.
 */
function tellRefusal(error: unknown): never {
  const { code } = toCliError(error)
  if (code !== 'not_found' && code !== 'forbidden') throw error
  throw new CliError('not_a_member', 'Not sent: you are no longer a member of this chat', exitCodes.failed, {
    cause: error,
  })
}
