import { ciphertextSize } from '@fastchat/crypto'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { asError, ClientError } from '../errors.ts'
import { limitWork } from '../limit-work.ts'
import { createBackoff } from '../net/backoff.ts'
import { encryptToStore } from './encrypt-to-store.ts'
import { FailedFiles } from './failed-files.ts'
import type { TransferParts } from './file-parts.ts'
import { FileRecords, type OutgoingRecord } from './file-records.ts'
import type { FileSource } from './file-source.ts'
import { checkSize, infoOf, newOutgoing, payloadOf } from './outgoing-record.ts'
import type { FileMessage, OutgoingFileInfo, Progress, TransferOptions } from './transfer.ts'
import { uploadPieces } from './upload-pieces.ts'

/** Files on this device: about as many bytes as the server keeps for a user without a message. */
const maxWaiting = 20
/** Each holds a piece in memory. */
const maxAtOnce = 3

const maxFailures = 100

type Tools = { readonly signal: AbortSignal; readonly onProgress: (progress: Progress) => void }
type Running = { readonly done: Promise<void>; cancel(): void }

/** Sends files: encrypts each into the store, uploads it in parts, and queues its message. */
export class OutgoingFiles {
  readonly failed: FailedFiles
  readonly #parts: TransferParts
  readonly #records: FileRecords
  readonly #running = new Map<MessageId, Running>()
  readonly #limit = limitWork(maxAtOnce)
  /** The errors of the last files that failed, for callers that come late. */
  readonly #failures = new Map<MessageId, Error>()

  constructor(parts: TransferParts) {
    this.#parts = parts
    this.#records = new FileRecords(parts.store)
    this.failed = new FailedFiles(this.#records)
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
    { signal, onProgress, ...message }: FileMessage & TransferOptions,
  ): Promise<void> {
    checkSize(source)
    const { id } = message
    const running = this.#running.get(id)
    if (running) return await running.done
    if (await this.#isSent(this.#parts.conversation(conversation), id)) return
    await this.#start({ id, conversation }, { ...(signal && { signal }), ...(onProgress && { onProgress }) }, (tools) =>
      this.#prepare(conversation, source, message, tools),
    )
  }

  /** Returns the record of a file whose ciphertext is stored. */
  async #prepare(
    conversation: ConversationId,
    source: FileSource,
    message: FileMessage,
    { signal, onProgress }: Tools,
  ): Promise<OutgoingRecord> {
    const known = await this.#records.outgoingOf(message.id)
    const begun = known?.failed && known.sha256 !== undefined ? await this.failed.again(message.id) : known
    if (begun?.sha256 !== undefined) return begun
    if (begun) await this.#drop(begun)
    const record = await this.#begin(conversation, source, message)
    const tell = (done: number) => onProgress({ stage: 'encrypting', done, total: ciphertextSize(record.size) })
    const encrypted = await encryptToStore(this.#parts.store, record, source, { signal, onProgress: tell })
    await this.#records.putOutgoing(encrypted)
    return encrypted
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
    if (record?.failed) throw new ClientError('file_refused', record.failed.reason)
    if (record?.sha256 !== undefined && !this.#running.has(id)) void this.#continue(record)
    await this.#running.get(id)?.done
  }

  /** Returns the files that wait, the oldest first. */
  async list(): Promise<readonly OutgoingFileInfo[]> {
    const all = await this.#waiting()
    return all.map(infoOf).toSorted((a, b) => a.queuedAt - b.queuedAt)
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
    for (const record of await this.#waiting()) {
      const { id, conversation } = record
      if (this.#running.has(id)) continue
      if (record.sha256 === undefined) {
        const error = new ClientError('file_interrupted')
        await this.#drop(record)
        // Nothing was sent under this key, and nothing will be. The name and the caption stay.
        await this.failed.keep({ ...record, key: '' }, error)
        this.#parts.failed({ conversation, id, error })
      } else void this.#continue(record)
    }
  }

  /**
   * Sends a failed file again: the same bytes, as the same message. Returns whether there is one.
   *
   * @throws {ClientError} `file_interrupted` when this device does not have all of it
   */
  async retry(id: MessageId): Promise<boolean> {
    const record = await this.failed.again(id)
    if (!record) return false
    this.#failures.delete(id)
    void this.#continue(record)
    return true
  }

  async #waiting(): Promise<readonly OutgoingRecord[]> {
    return (await this.#records.outgoing()).filter(({ failed }) => failed === undefined)
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
    prepare: (tools: Tools) => Promise<OutgoingRecord>,
  ): Promise<void> {
    const cancelling = new AbortController()
    const cancels = outer ? AbortSignal.any([outer, cancelling.signal]) : cancelling.signal
    const stopping = this.#parts.stopping()
    const signal = AbortSignal.any([cancels, stopping])
    const work = async () => {
      try {
        const record = await prepare({ signal, onProgress: (progress) => onProgress?.(progress) })
        await this.#upload(record, signal, onProgress)
      } catch (error) {
        // A stop of the device is no failure: the next process goes on.
        if (stopping.aborted && !cancels.aborted) throw error
        const reason = cancels.aborted ? new ClientError('cancelled') : asError(error)
        await this.#end(id, reason, cancels.aborted).catch(this.#parts.onTrouble)
        this.#keepFailure(id, reason)
        this.#parts.failed({ conversation, id, error: reason })
        throw reason
      } finally {
        this.#running.delete(id)
      }
    }
    const done = this.#limit(work, signal)
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

  /** Keeps a file that failed, if it is encrypted to its end and nobody has cancelled it. */
  async #end(id: MessageId, reason: Error, isCancelled: boolean): Promise<void> {
    const record = await this.#records.outgoingOf(id)
    if (!record) return
    if (isCancelled || record.sha256 === undefined) await this.#drop(record)
    else await this.failed.keep(record, reason)
  }

  async #begin(conversation: ConversationId, source: FileSource, message: FileMessage): Promise<OutgoingRecord> {
    if ((await this.#waiting()).length >= maxWaiting) throw new ClientError('too_many_files')
    const { status } = this.#parts.conversation(conversation).record
    if (status === 'left' || status === 'removed') throw new ClientError('not_a_member')
    const record = newOutgoing(conversation, source, message, this.#parts.clock.wallMs())
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
}
