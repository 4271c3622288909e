import { storedRecord } from '../chain/stored-chain.ts'
import { Batch, lineKey } from '../store/records.ts'
import { forgetKeptGroup } from './kept-group.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

/**
 * Returns the batch that stores results: their lines, and the cursor and group state after the
 * last one.
 */
export function resultsBatch(results: readonly ReadResult[], before: Snapshot, after: Snapshot): Batch {
  const { conversation } = after.record
  const batch = new Batch().put('conversations', conversation, storedRecord(after.record))
  if (!after.group) batch.remove('groups', conversation)
  else if (after.group !== before.group) batch.putBytes('groups', conversation, after.group.encode())
  if (after.group && before.record.lawful?.isKept) forgetKeptGroup(batch, conversation)
  for (const { entries, c, writes = [] } of results) {
    for (const [n, entry] of entries.entries()) {
      const key = lineKey(conversation, entry.seq, n)
      batch.put('entries', key, n === 0 && c !== undefined ? { ...entry, c } : entry)
      if (entry.id !== undefined) batch.put('messageIds', entry.id, key)
    }
    batch.writes.push(...writes)
  }
  return batch
}
