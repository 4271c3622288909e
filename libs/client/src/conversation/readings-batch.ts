import { storedRecord } from '../chain/stored-chain.ts'
import { Batch, lineKey } from '../store/records.ts'
import { forgetKeptGroup } from './kept-group.ts'
import type { Reading, View } from './reading.ts'

/**
 * Returns the batch that stores readings: their lines, and the cursor and group state after the
 * last one.
 */
export function readingsBatch(readings: readonly Reading[], before: View, after: View): Batch {
  const { conversation } = after.record
  const batch = new Batch().put('conversations', conversation, storedRecord(after.record))
  if (!after.group) batch.remove('groups', conversation)
  else if (after.group !== before.group) batch.putBytes('groups', conversation, after.group.encode())
  if (after.group && before.record.lawful?.isKept) forgetKeptGroup(batch, conversation)
  for (const { entries, c, writes = [] } of readings) {
    for (const [n, entry] of entries.entries()) {
      const key = lineKey(conversation, entry.seq, n)
      batch.put('entries', key, n === 0 && c !== undefined ? { ...entry, c } : entry)
      if (entry.id !== undefined) batch.put('messageIds', entry.id, key)
    }
    batch.writes.push(...writes)
  }
  return batch
}
