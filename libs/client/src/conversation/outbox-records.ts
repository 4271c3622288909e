import type { MessageId } from '@fastchat/schema'
import { OwnPositions } from '../chain/own-positions.ts'
import { Batch, type OutboxRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Stored } from './stored-waiters.ts'

/** Keeps the outbox of one conversation in memory and in the store. */
export class OutboxRecords {
  readonly #store: Store
  readonly #records = new Map<MessageId, OutboxRecord>()
  readonly #positions = new OwnPositions()

  constructor(store: Store, records: readonly OutboxRecord[]) {
    this.#store = store
    for (const record of records) this.keep(record)
  }

  get all(): ReadonlyMap<MessageId, OutboxRecord> {
    return this.#records
  }

  get(id: MessageId): OutboxRecord | undefined {
    return this.#records.get(id)
  }

  /** Returns the order of the next message. */
  get nextOrder(): number {
    return Math.max(0, ...[...this.#records.values()].map(({ order }) => order)) + 1
  }

  /**
   * Returns the message that the server said it had stored at a position, until the log shows it.
   */
  ackedAt(seq: number): OutboxRecord | undefined {
    const id = this.#positions.ackedAt(seq)
    return id && this.#records.get(id)
  }

  /** Notes that the log has shown a message. */
  shown(id: MessageId, { seq }: Stored): void {
    this.#positions.shown(id, seq)
  }

  /** Returns whether the log has shown a message at another position than the server says now. */
  isElsewhere(id: MessageId, seq: number): boolean {
    return this.#positions.isElsewhere(id, seq)
  }

  /** Stores a record. */
  async put(record: OutboxRecord): Promise<void> {
    await this.#store.write(new Batch().put('outbox', outboxKey(record), record).writes)
    this.keep(record)
  }

  /** Takes over a record that is stored already. */
  keep(record: OutboxRecord): void {
    this.#records.set(record.id, record)
    if (record.stored) this.#positions.acked(record.id, record.stored.seq)
  }

  /** Forgets a record that is removed from the store already. */
  forget(id: MessageId): void {
    const seq = this.#records.get(id)?.stored?.seq
    this.#records.delete(id)
    if (seq !== undefined) this.#positions.settled(seq)
  }
}

/**
 * Returns the key of a record. Keys sort in the order in which messages were queued and encrypted.
 */
export const outboxKey = ({ conversation, order }: Pick<OutboxRecord, 'conversation' | 'order'>): string =>
  `${conversation}/${String(order).padStart(16, '0')}`
