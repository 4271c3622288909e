import { ciphertextSize } from '@fastchat/crypto'
import type { MessageId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { FailedRecord } from '../failed/failed-record.ts'
import type { FileRecords, OutgoingRecord } from './file-records.ts'
import { payloadOf } from './outgoing-record.ts'

/** The failed files that are kept with their bytes, the latest ones. */
export const maxFailedFiles = 20

/**
 * Keeps files that could not be sent, until a person sends them again or discards them. Their
 * ciphertext stays in the store, so a retry sends the same bytes.
 */
export class FailedFiles {
  readonly #records: FileRecords

  constructor(records: FileRecords) {
    this.#records = records
  }

  /** Notes that a file can't be sent, and drops the oldest ones beyond the bound. */
  async keep(record: OutgoingRecord, error: Error): Promise<void> {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
    await this.#records.putOutgoing({ ...record, failed: { code, reason: error.message } })
    const all = await this.#all()
    for (const old of all.slice(0, Math.max(0, all.length - maxFailedFiles)))
      await this.#records.dropOutgoing(old, ciphertextSize(old.size))
  }

  /** Returns the failed files as failed messages, the oldest first. */
  async list(): Promise<readonly FailedRecord[]> {
    return (await this.#all()).map((record) => {
      const { id, conversation, queuedAt, attachment, failed } = record
      return { ...{ id, conversation, queuedAt, ...failed }, payload: payloadOf(record), attachments: [attachment] }
    })
  }

  /**
   * Makes a failed file one that waits, and returns it. Undefined when there is no such file.
   *
   * @throws {ClientError} `file_interrupted` when this device does not have all of it
   */
  async again(id: MessageId): Promise<OutgoingRecord | undefined> {
    const found = await this.#records.outgoingOf(id)
    if (!found?.failed) return undefined
    if (found.sha256 === undefined) throw new ClientError('file_interrupted')
    const { failed: _, ...record } = found
    await this.#records.putOutgoing(record)
    return record
  }

  /** Forgets a failed file. Returns whether there was one. */
  async discard(id: MessageId): Promise<boolean> {
    const found = await this.#records.outgoingOf(id)
    if (!found?.failed) return false
    await this.#records.dropOutgoing(found, ciphertextSize(found.size))
    return true
  }

  async #all(): Promise<(OutgoingRecord & Required<Pick<OutgoingRecord, 'failed'>>)[]> {
    const all = await this.#records.outgoing()
    return all.flatMap((one) => (one.failed ? [{ ...one, failed: one.failed }] : [])).toSorted(byTime)
  }
}

const byTime = (a: OutgoingRecord, b: OutgoingRecord): number => a.queuedAt - b.queuedAt
