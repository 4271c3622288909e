import type { ConversationId } from '@fastchat/schema'
import { type Batch, entryKey, type OutboxRecord, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/**
 * What was sent within so long before the last message is kept as it was sent: a database that is restored from a copy, or taken over by a
 * standby, may lack the end of its log.
 */
const keptMs = 10 * 60_000

/** Messages of one conversation that the log has shown, kept for a while in case the server forgets them. */
export class SentMessages {
  readonly #conversation: ConversationId
  /** Keys in the store and when the server had stored them, oldest first. */
  readonly #kept: { readonly key: string; readonly at: number }[] = []

  constructor(conversation: ConversationId, kept: readonly { readonly key: string; readonly at: number }[]) {
    this.#conversation = conversation
    this.#kept.push(...kept)
  }

  /** Keeps a message that the log shows at `seq`, with its bytes, and lets go of those before its time. */
  keep(record: OutboxRecord, { seq, at }: { readonly seq: number; readonly at: number }, batch: Batch): void {
    const key = entryKey(this.#conversation, seq)
    batch.put('sent', key, { ...record, stored: { seq, at } })
    this.#kept.push({ key, at })
    while (this.#kept[0] && this.#kept[0].at < at - keptMs) batch.remove('sent', this.#kept.shift()!.key)
  }

  /** All that are kept, in the order of the log. */
  async all(store: Store): Promise<OutboxRecord[]> {
    const rows = await store.list('sent', { prefix: `${this.#conversation}/` })
    return rows.map(({ value }) => parseRecord<OutboxRecord>(value))
  }

  /** They are to be sent again: from here on they are in the outbox. */
  release(batch: Batch): void {
    for (const { key } of this.#kept.splice(0)) batch.remove('sent', key)
  }
}
