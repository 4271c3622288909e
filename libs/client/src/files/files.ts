import type { ConversationId, FileRef, MessageId } from '@fastchat/schema'
import { asError } from '../errors.ts'
import type { FailedRecord } from '../failed/failed-record.ts'
import type { FileParts } from './file-parts.ts'
import type { FileSource } from './file-source.ts'
import { type Downloaded, IncomingFiles } from './incoming-files.ts'
import { OutgoingFiles } from './outgoing-files.ts'
import type { FileMessage, OutgoingFileInfo, TransferOptions } from './transfer.ts'

/** Sends and downloads files of any kind. */
export class Files {
  readonly #outgoing: OutgoingFiles
  readonly #incoming: IncomingFiles
  readonly #onTrouble: (error: Error) => void
  #stopping = new AbortController()

  constructor(parts: FileParts) {
    const all = { ...parts, stopping: () => this.#stopping.signal }
    this.#outgoing = new OutgoingFiles(all)
    this.#incoming = new IncomingFiles(all)
    this.#onTrouble = parts.onTrouble
  }

  /** Sends a file; see `OutgoingFiles.send`. */
  async send(conversation: ConversationId, source: FileSource, options: FileMessage & TransferOptions): Promise<void> {
    await this.#outgoing.send(conversation, source, options)
  }

  /** Resolves when the message of a file is queued; see `OutgoingFiles.whenQueued`. */
  async whenQueued(id: MessageId): Promise<void> {
    await this.#outgoing.whenQueued(id)
  }

  /** Returns the files that wait to be sent, the oldest first. */
  async waiting(): Promise<readonly OutgoingFileInfo[]> {
    return await this.#outgoing.list()
  }

  /** Returns the files that failed; see `FailedMessages`. */
  async failed(): Promise<readonly FailedRecord[]> {
    return await this.#outgoing.failed.list()
  }

  /** Sends a failed file again; see `OutgoingFiles.retry`. */
  async retry(id: MessageId): Promise<boolean> {
    return await this.#outgoing.retry(id)
  }

  /** Forgets a failed file. Returns whether there was one. */
  async discard(id: MessageId): Promise<boolean> {
    return await this.#outgoing.failed.discard(id)
  }

  /** Cancels a file that waits to be sent. Returns whether there was one. */
  async cancel(id: MessageId): Promise<boolean> {
    return await this.#outgoing.cancel(id)
  }

  /** Downloads a file; see `IncomingFiles.download`. */
  async download(file: FileRef, options: TransferOptions = {}): Promise<Downloaded> {
    return await this.#incoming.download(file, options)
  }

  /** Goes on with the files of former processes. Never rejects. @internal */
  async connected(): Promise<void> {
    await this.#outgoing.resume().catch((error: unknown) => this.#onTrouble(asError(error)))
  }

  /** Begins after a `stop`. @internal */
  start(): void {
    if (this.#stopping.signal.aborted) this.#stopping = new AbortController()
  }

  /**
   * Resolves when no transfer uses the store any more. What they have done stays stored.
   *
   * @internal
   */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#outgoing.idle(), this.#incoming.idle()])
  }
}
