import type { MessageId } from '@fastchat/schema'
import { isOf } from '../chain/chain-record.ts'
import { storedRecord } from '../chain/stored-chain.ts'
import { keepFailed } from '../failed/failed-record.ts'
import { isSameGroupEpoch } from '../group-epoch.ts'
import { Batch, type ConversationRecord, type OutboxRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { type OutboxRecords, outboxKey } from './outbox-records.ts'
import type { Snapshot } from './read-result.ts'
import type { Reports } from './reports.ts'
import type { Stored } from './stored-waiters.ts'

type Parts = {
  readonly records: OutboxRecords
  readonly reports: Reports
  /** Adds the removal of a message that became history to a batch. */
  readonly drop: (id: MessageId, stored: Stored, batch: Batch) => void
  readonly settle: (id: MessageId, stored: Stored) => void
  readonly reject: (record: OutboxRecord, error: Error) => void
}

/** Stores the server's answers to the messages of one outbox. */
export class OutboxAnswers {
  readonly #context: Pick<Context, 'store'>
  readonly #state: ConversationState
  readonly #parts: Parts

  constructor(context: Pick<Context, 'store'>, state: ConversationState, parts: Parts) {
    this.#context = context
    this.#state = state
    this.#parts = parts
  }

  /** Notes the position that the server gave to a message. */
  async stored(id: MessageId, stored: Stored): Promise<void> {
    if (this.#parts.records.get(id)?.isRepeated) return await this.#repeated(id, stored)
    const isWaiting = await this.#change(id, (record) => ({ ...record, stored }))
    await this.#state.locked(async () => {
      const isPassed =
        isWaiting && this.#parts.records.get(id) !== undefined && hasReadPast(this.#state.record, stored.seq)
      if (isPassed || this.#parts.records.isElsewhere(id, stored.seq))
        await this.#parts.reports.ownMessageMoved(stored.seq)
    })
    if (isWaiting) this.#parts.settle(id, stored)
  }

  /**
   * Settles a repeated message: the server still had it, unless the log will show it at a new
   * position.
   */
  async #repeated(id: MessageId, stored: Stored): Promise<void> {
    await this.#state.locked(async () => {
      const record = this.#parts.records.get(id)
      if (!record) return
      if (stored.seq > this.#state.record.cursor) return await this.#parts.records.put({ ...record, stored })
      const batch = new Batch()
      this.#parts.drop(id, stored, batch)
      await this.#context.store.write(batch.writes)
      this.#parts.records.forget(id)
    })
  }

  /** Notes that the epoch of a message is over. */
  async stale(id: MessageId): Promise<void> {
    await this.#change(id, (record) => ({ ...record, isStale: true }))
  }

  /** @returns false when the message does not wait any more: the log was faster */
  async #change(id: MessageId, change: (record: OutboxRecord) => OutboxRecord): Promise<boolean> {
    return await this.#state.locked(async () => {
      const record = this.#parts.records.get(id)
      if (!record) return false
      await this.#parts.records.put(change(record))
      return true
    })
  }

  /** Takes a message that can never be sent out of the outbox. It stays as failed. */
  async fail(id: MessageId, error: Error): Promise<void> {
    const failed = await this.#state.locked(async () => {
      const waiting = this.#parts.records.get(id)
      if (!waiting) return undefined
      const batch = new Batch().remove('outbox', outboxKey(waiting))
      keepFailed(batch, waiting, error)
      const record = voidedBy(waiting, this.#state.snapshot)
      if (record) batch.put('conversations', this.#state.id, storedRecord(record))
      await this.#context.store.write(batch.writes)
      this.#parts.records.forget(id)
      if (record) this.#state.announce(record)
      return waiting
    })
    if (failed) this.#parts.reject(failed, error)
  }
}

/** Returns whether this device has read the whole log from its join to that position. */
const hasReadPast = ({ status, cursor, joinedSeq, chain }: ConversationRecord, seq: number): boolean =>
  status === 'active' && seq > joinedSeq && seq <= cursor && chain?.missing === undefined

/**
 * Returns the record after a failed message that receivers will miss in this device's ratchet. The
 * next messages state their number.
 */
function voidedBy({ encrypted }: OutboxRecord, { record, group }: Snapshot): ConversationRecord | undefined {
  if (!isSameGroupEpoch(encrypted, group) || !isOf(record.chain, group)) return undefined
  return { ...record, chain: { ...record.chain, voided: record.chain.voided + 1 } }
}
