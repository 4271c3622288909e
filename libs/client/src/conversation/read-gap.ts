import type { Entry } from '../store/records.ts'
import type { Gap } from './log-item.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

/**
 * Reads a gap: the server no longer has this range of the log. It may have held a commit, so the
 * group can only be joined again.
 */
export function readGap(snapshot: Snapshot, gap: Gap, at: number): ReadResult {
  if (gap.reason === 'restore') return readRestore(snapshot, gap, at)
  const { record, group } = snapshot
  const { conversation, from, to } = gap
  const line: Entry = { type: 'gap', conversation, seq: from, to, at }
  const after = { ...record, cursor: to as number }
  if (!group || record.status !== 'active') return { record: after, group, entries: [line] }
  const broken = { ...after, status: 'broken' as const, brokenBy: 'gap' as const, brokenAt: from as number }
  return { record: broken, group, entries: [line], trouble: 'unreadable' }
}

/**
 * Reads the gap of a restore: the server's database was restored from a copy here. The entries at
 * these positions are gone, and the copy may not know epochs that this device knows. So the
 * conversation continues only in its next group.
 */
function readRestore({ record, group }: Snapshot, { conversation, from, to }: Gap, at: number): ReadResult {
  const line: Entry = { type: 'system', conversation, seq: from, to, at, event: { kind: 'restored' } }
  const after = { ...record, cursor: to as number, isRestored: true as const }
  const isInGroup = record.status === 'active' || record.status === 'broken'
  if (!group || !isInGroup) return { record: after, group, entries: [line] }
  const broken = { ...after, status: 'broken' as const, brokenBy: 'restored' as const }
  return { record: broken, group, entries: [line], trouble: 'restored' }
}
