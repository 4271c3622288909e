import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type OutboxRecords, outboxKey } from './outbox-records.ts'
import type { SentMessages } from './sent-messages.ts'

/**
 * Puts all recent sent messages before the waiting ones, because a restored server may have lost
 * them. They keep their order, ids and bytes, so the server recognises those that it still has.
 */
export async function requeueSent(store: Store, outbox: OutboxRecords, kept: SentMessages): Promise<void> {
  const sent = (await kept.all(store)).map((record) => ({ ...record, isRepeated: true as const }))
  const before = [...outbox.all.values()].toSorted((a, b) => a.order - b.order)
  const records = [...sent, ...before].map(({ stored: _, ...record }, at) => ({ ...record, order: at + 1 }))
  const batch = new Batch()
  kept.release(batch)
  for (const record of before) batch.remove('outbox', outboxKey(record))
  for (const record of records) batch.put('outbox', outboxKey(record), record)
  await store.write(batch.writes)
  for (const id of [...outbox.all.keys()]) outbox.forget(id)
  for (const record of records) outbox.keep(record)
}
