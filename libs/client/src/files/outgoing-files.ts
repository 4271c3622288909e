import { ciphertextSize, createFileKey } from '@fastchat/crypto'
import { type ConversationId, type FileRef, type MessageId, type Payload, toBase64Url } from '@fastchat/schema'
import { maxFileBytes } from '../attachments.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { asError, ClientError } from '../errors.ts'
import { createBackoff } from '../net/backoff.ts'
import { newAttachmentId } from '../new-id.ts'
import { encryptToStore } from './encrypt-to-store.ts'
import type { FileParts } from './file-parts.ts'
import { FileRecords, type OutgoingRecord } from './file-records.ts'
import type { FileSource } from './file-source.ts'
import type { FileMessage, OutgoingFileInfo, Progress, TransferOptions } from './transfer.ts'
import { uploadPieces } from './upload-pieces.ts'

/** Files on this device: about as many bytes as the server keeps for a user without a message. */
const maxWaiting = 20
/** Each holds a piece in memory. */
const maxAtOnce = 3

const maxFailures = 100

type Running = { readonly done: Promise<void>; cancel(): void }

/** Sends files: encrypts each into the store, uploads it in parts, and queues its message. */
export class OutgoingFiles {
  readonly #parts: FileParts
  readonly #records: FileRecords
  readonly #running = new Map<MessageId, Running>()
  readonly #waiting: (() => void)[] = []
  /** The errors of the last files that failed, for callers that come late. */
  readonly #failures = new Map<MessageId, Error>()
  #uploads = 0

  constructor(parts: FileParts) {
    this.#parts = parts
    this.#records = new FileRecords(parts.store)
  }

  /**
   * Sends a file. Resolves when its message is queued. Without a server it waits for one; when the
   * process ends meanwhile, the next one goes on. A repeated call with the same `id` sends nothing
   * twice.
   *
   * @throws {ClientError} `too_large` (before anything is read), `too_many_files`, `file_changed`,
   *   `not_a_member`, `cancelled`
   * @throws {ServerError} when the server refuses the file
   */
  async send(
    conversation: ConversationId,
    source: FileSource,
    { id, caption, fields, ...options }: FileMessage & TransferOptions,
  ): Promise<void> {
    checkSize(source)
    const running = this.#running.get(id)
    if (running) return await running.done
    if (await this.#isSent(this.#parts.conversation(conversation), id)) return
    await this.#start({ id, conversation }, options, async (signal, onProgress) => {
      const begun = await this.#records.outgoingOf(id)
      if (begun?.sha256 !== undefined) return begun
      if (begun) await this.#drop(begun)
      const record = await this.#begin(conversation, source, {
        id,
        ...(caption && { caption }),
        ...(fields && { fields }),
      })
      const tell = (done: number) => onProgress({ stage: 'encrypting', done, total: ciphertextSize(record.size) })
      const encrypted = await encryptToStore(this.#parts.store, record, source, { signal, onProgress: tell })
      await this.#records.putOutgoing(encrypted)
      return encrypted
    })
  }

  /**
   * Resolves when the message of a file is queued, at once if no such file waits.
   *
   * @throws the error with which the file failed
   */
  async whenQueued(id: MessageId): Promise<void> {
    const failure = this.#failures.get(id)
    if (failure) throw failure
    const record = this.#running.has(id) ? undefined : await this.#records.outgoingOf(id)
    if (record?.sha256 !== undefined && !this.#running.has(id)) void this.#continue(record)
    await this.#running.get(id)?.done
  }

  /** Returns the files that wait, the oldest first. */
  async list(): Promise<readonly OutgoingFileInfo[]> {
    const all = await this.#records.outgoing()
    return all
      .map(({ id, conversation, name, size, caption, queuedAt }) => ({
        ...{ id, conversation, name, size, queuedAt },
        ...(caption !== undefined && { caption }),
      }))
      .toSorted((a, b) => a.queuedAt - b.queuedAt)
  }

  /** Cancels a file that waits or is under way. Returns whether there was one. */
  async cancel(id: MessageId): Promise<boolean> {
    const running = this.#running.get(id)
    running?.cancel()
    await running?.done.catch(() => {})
    const record = await this.#records.outgoingOf(id)
    if (record) await this.#drop(record)
    return running !== undefined || record !== undefined
  }

  /** Goes on with the files of former processes. Call it when there is a server. */
  async resume(): Promise<void> {
    for (const record of await this.#records.outgoing()) {
      const { id, conversation } = record
      if (this.#running.has(id)) continue
      if (record.sha256 === undefined) {
        await this.#drop(record)
        this.#parts.failed({ conversation, id, error: new ClientError('file_interrupted') })
      } else void this.#continue(record)
    }
  }

  /** Goes on with an encrypted file. Its failure is an event. */
  async #continue(record: OutgoingRecord): Promise<void> {
    await this.#start(record, {}, async () => record).catch(() => {})
  }

  /** Ends all transfers. Their progress stays stored. Call it when `stopping` is aborted. */
  async idle(): Promise<void> {
    await Promise.allSettled([...this.#running.values()].map(({ done }) => done))
  }

  /** Runs one file to its end. `prepare` returns the record of the encrypted file. */
  #start(
    { id, conversation }: Pick<OutgoingRecord, 'id' | 'conversation'>,
    { signal: outer, onProgress }: TransferOptions,
    prepare: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<OutgoingRecord>,
  ): Promise<void> {
    const cancelling = new AbortController()
    const cancels = outer ? AbortSignal.any([outer, cancelling.signal]) : cancelling.signal
    const stopping = this.#parts.stopping()
    const signal = AbortSignal.any([cancels, stopping])
    const work = async () => {
      await this.#takeSlot(signal)
      try {
        const record = await prepare(signal, (progress) => onProgress?.(progress))
        await this.#upload(record, signal, onProgress)
      } catch (error) {
        // A stop of the device is no failure: the next process goes on.
        if (stopping.aborted && !cancels.aborted) throw error
        const record = await this.#records.outgoingOf(id)
        if (record) await this.#drop(record)
        const reason = cancels.aborted ? new ClientError('cancelled') : asError(error)
        this.#keepFailure(id, reason)
        this.#parts.failed({ conversation, id, error: reason })
        throw reason
      } finally {
        this.#uploads--
        this.#waiting.shift()?.()
        this.#running.delete(id)
      }
    }
    const done = work()
    this.#running.set(id, { done, cancel: () => cancelling.abort() })
    return done
  }

  async #upload(record: OutgoingRecord, signal: AbortSignal, tell: TransferOptions['onProgress']): Promise<void> {
    const { api, store, clock, random } = this.#parts
    const { id, conversation, attachment } = record
    const total = ciphertextSize(record.size)
    const backoff = createBackoff(random, clock)
    const onProgress = (done: number) => {
      const progress = { stage: 'uploading', done, total } as const
      tell?.(progress)
      this.#parts.progress({ ...progress, id, conversation, attachment })
    }
    // The file is stored on this device now; a server may be far.
    onProgress(0)
    const chat = this.#parts.conversation(conversation)
    if (!(await this.#isSent(chat, id))) {
      await uploadPieces({ api, store, backoff }, attachment, total, { signal, onProgress })
      signal.throwIfAborted()
      await chat.outbox.queue(id, payloadOf(record), [attachment])
    }
    await this.#drop(record)
  }

  async #begin(
    conversation: ConversationId,
    { name, mime, size }: FileSource,
    { id, caption, fields }: FileMessage,
  ): Promise<OutgoingRecord> {
    if ((await this.#records.outgoing()).length >= maxWaiting) throw new ClientError('too_many_files')
    const { status } = this.#parts.conversation(conversation).record
    if (status === 'left' || status === 'removed') throw new ClientError('not_a_member')
    const record: OutgoingRecord = {
      ...{ id, conversation, attachment: newAttachmentId(), key: toBase64Url(createFileKey()) },
      ...{ name: sentName(name), mime: mime.slice(0, maxMimeLetters), size, queuedAt: this.#parts.clock.wallMs() },
      ...(caption !== undefined && { caption }),
      ...(fields && { fields }),
    }
    await this.#records.putOutgoing(record)
    return record
  }

  /** Returns whether the message is queued or in the history already. */
  async #isSent({ outbox }: Pick<Conversation, 'outbox'>, id: MessageId): Promise<boolean> {
    return outbox.records.has(id) || (await this.#parts.store.get('messageIds', id)) !== undefined
  }

  async #drop(record: OutgoingRecord): Promise<void> {
    await this.#records.dropOutgoing(record, ciphertextSize(record.size))
  }

  #keepFailure(id: MessageId, error: Error): void {
    this.#failures.set(id, error)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > maxFailures && oldest !== undefined) this.#failures.delete(oldest)
  }

  async #takeSlot(signal: AbortSignal): Promise<void> {
    while (this.#uploads >= maxAtOnce && !signal.aborted)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    this.#uploads++
  }
}

const maxMimeLetters = 127
const maxNameLetters = 255

/** Returns the last part of a path. The receivers do not learn the sender's folders. */
const sentName = (name: string): string => (name.split(/[/\\]/).at(-1) || 'file').slice(0, maxNameLetters)

function checkSize({ name, size }: FileSource): void {
  if (size <= maxFileBytes) return
  const mebibytes = Math.floor(maxFileBytes / 2 ** 20)
  throw new ClientError('too_large', `${sentName(name)} is larger than ${mebibytes} MiB, the most that can be sent`)
}

function payloadOf({ attachment, key, sha256 = '', size, name, mime, caption, fields }: OutgoingRecord): Payload {
  const file: FileRef = { attachment, key, sha256, size, name, mime }
  return { v: 1, kind: 'file', file, ...(caption !== undefined && { caption }), ...fields }
}
