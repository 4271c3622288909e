import { ciphertextSize, createFileHash, decryptPieces } from '@fastchat/crypto'
import { type AttachmentId, type FileRef, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { maxFileBytes } from '../attachments.ts'
import { ClientError, isTemporary } from '../errors.ts'
import { createBackoff } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import { Batch } from '../store/records.ts'
import type { TransferParts } from './file-parts.ts'
import { FileRecords, type IncomingRecord } from './file-records.ts'
import { patiently } from './patiently.ts'
import { pieceBytes, pieceCount, putPiece, readPieces } from './stored-pieces.ts'
import type { TransferOptions } from './transfer.ts'

/** Failed tries without a new byte after which a download rejects. What has arrived stays. */
const maxTries = 5
/** Downloads that are kept after a break, the latest ones. */
const maxBroken = 4

/** A file whose bytes are here, and are the ones that the sender meant. */
export type Downloaded = {
  readonly name: string
  readonly mime: string
  readonly size: number
  /** Decrypts the file piece by piece. */
  read(): AsyncIterable<Uint8Array>
  /** Forgets the bytes. Call it when the file is saved or shown. */
  discard(): Promise<void>
}

/** Downloads files: what has arrived is stored, so a download goes on where it stopped. */
export class IncomingFiles {
  readonly #parts: TransferParts
  readonly #records: FileRecords
  readonly #serial = new Serial()

  constructor(parts: TransferParts) {
    this.#parts = parts
    this.#records = new FileRecords(parts.store)
  }

  /**
   * Downloads a file and checks its hash. Nothing of it can be read before.
   *
   * @throws {ClientError} `file_damaged`, `too_large`, `cancelled`
   * @throws {Unreachable} after several tries; the next call goes on
   */
  async download(file: FileRef, options: TransferOptions = {}): Promise<Downloaded> {
    // One at a time: two downloads of one file would mix their pieces.
    return await this.#serial.run(() => this.#download(file, options))
  }

  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  async #download(file: FileRef, { signal: outer, onProgress }: TransferOptions): Promise<Downloaded> {
    if (file.size > maxFileBytes) throw new ClientError('too_large')
    const { clock, random, store } = this.#parts
    const stopping = this.#parts.stopping()
    const signal = outer ? AbortSignal.any([outer, stopping]) : stopping
    const total = ciphertextSize(file.size)
    const { attachment } = file
    const backoff = createBackoff(random, clock)
    const tell = (done: number) => {
      const progress = { stage: 'downloading', done, total } as const
      onProgress?.(progress)
      this.#parts.progress({ ...progress, attachment })
    }
    try {
      let [best, tries] = [-1, 0]
      const giveUp = () => tries++ >= maxTries
      const advance = (done: number) => {
        tell(done)
        if (done > best) [best, tries] = [done, 0]
      }
      await patiently(() => this.#fetch(attachment, total, { signal, advance }), { backoff, signal, giveUp })
    } catch (error) {
      if (outer?.aborted) {
        await this.#records.dropIncoming({ attachment, total })
        throw new ClientError('cancelled', undefined, { cause: error })
      }
      if (!isTemporary(error) && !stopping.aborted) await this.#records.dropIncoming({ attachment, total })
      throw error
    }
    await this.#check(file, total)
    const discard = () => this.#records.dropIncoming({ attachment, total })
    const cipher = { key: fromBase64Url(file.key), size: file.size }
    const read = () => decryptPieces(cipher, readPieces(store, attachment, pieceCount(total)))
    return { name: file.name, mime: file.mime, size: file.size, read, discard }
  }

  /** Fetches the rest of a file, and stores each whole piece. */
  async #fetch(
    attachment: AttachmentId,
    total: number,
    { signal, advance }: { readonly signal: AbortSignal; readonly advance: (done: number) => void },
  ): Promise<void> {
    const found = await this.#records.incomingOf(attachment)
    let record: IncomingRecord = found?.total === total ? found : await this.#begin(attachment, total)
    advance(record.received)
    if (record.received >= total) return
    const path = `/v1/attachments/${attachment}?offset=${record.received}`
    const held = new Uint8Array(pieceBytes)
    let length = 0
    for await (const part of await this.#parts.api.stream(path, total - record.received, signal)) {
      for (let at = 0; at < part.length; ) {
        const taken = Math.min(pieceBytes - length, part.length - at)
        held.set(part.subarray(at, at + taken), length)
        length += taken
        at += taken
        if (length < pieceBytes && record.received + length < total) continue
        record = await this.#keep(record, held.subarray(0, length))
        length = 0
        advance(record.received)
        signal.throwIfAborted()
      }
    }
    // The server says how long its answer is, so a shorter one is not the file.
    if (record.received < total) throw new ClientError('file_damaged')
  }

  async #keep(record: IncomingRecord, piece: Uint8Array): Promise<IncomingRecord> {
    const next = { ...record, received: record.received + piece.length, at: this.#parts.clock.wallMs() }
    await this.#records.putIncoming(next, putPiece(new Batch(), record.attachment, record.received / pieceBytes, piece))
    return next
  }

  /** Begins a download, and forgets the oldest broken ones. */
  async #begin(attachment: AttachmentId, total: number): Promise<IncomingRecord> {
    const others = (await this.#records.incoming()).toSorted((a, b) => b.at - a.at)
    for (const old of others.slice(maxBroken - 1)) await this.#records.dropIncoming(old)
    return { attachment, received: 0, total, at: this.#parts.clock.wallMs() }
  }

  /** @throws {ClientError} `file_damaged` unless the bytes are those that the message named */
  async #check({ attachment, sha256 }: FileRef, total: number): Promise<void> {
    const hash = createFileHash()
    for await (const piece of readPieces(this.#parts.store, attachment, pieceCount(total))) hash.update(piece)
    if (toBase64Url(hash.digest()) === sha256) return
    await this.#records.dropIncoming({ attachment, total })
    throw new ClientError('file_damaged')
  }
}
