import type { ConversationId } from '@fastchat/schema'
import { type Batch, entryKey, type OutboxRecord, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/**
 * A message is kept for this time before the last one of this device. A database that is restored
 * from a copy, or taken over by a standby, may lack the end of its log.
 */
const keptMs = 10 * 60_000

/**
 * Keeps messages of one conversation for a while after the log has shown them, in case the server
 * forgets them.
 */
export class SentMessages {
  readonly #conversation: ConversationId
  /** The keys in the store, and the server's time of each message, oldest first. */
  readonly #kept: { readonly key: string; readonly at: number }[] = []

  constructor(conversation: ConversationId, kept: readonly { readonly key: string; readonly at: number }[]) {
    this.#conversation = conversation
    this.#kept.push(...kept)
  }

  /**
   * Keeps a message that the log shows at `seq`, with its bytes, and removes those that are older
   * than `keptMs`.
   */
  keep(record: OutboxRecord, { seq, at }: { readonly seq: number; readonly at: number }, batch: Batch): void {
    const key = entryKey(this.#conversation, seq)
    batch.put('sent', key, { ...record, stored: { seq, at } })
    this.#kept.push({ key, at })
    while (this.#kept[0] && this.#kept[0].at < at - keptMs) batch.remove('sent', this.#kept.shift()!.key)
  }

  /** Returns all kept messages in the order of the log. */
  async all(store: Store): Promise<OutboxRecord[]> {
    const rows = await store.list('sent', { prefix: `${this.#conversation}/` })
    return rows.map(({ value }) => parseRecord<OutboxRecord>(value))
  }

  /** Removes all kept messages, because the outbox takes them over to send them again. */
  release(batch: Batch): void {
    for (const { key } of this.#kept.splice(0)) batch.remove('sent', key)
  }
}
