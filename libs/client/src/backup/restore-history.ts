import type { ConversationId, IndexedSegment } from '@fastchat/schema'
import { restoreChanges } from '../messages/backed-up-change.ts'
import { Batch, type ConversationRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Trouble } from '../trouble.ts'
import { coverageOf, lastOf, spansOf } from './index-contents.ts'
import { readOwn } from './own-lines.ts'
import { has, type Ranges, type Span, without } from './ranges.ts'
import type { RestoredLine } from './restored-line.ts'
import { filledKey, markKey, putRestored } from './restored-rows.ts'
import type { SavePort } from './save-history.ts'
import { downloadSegment } from './segments.ts'

export type RestorePort = Omit<SavePort, 'newId'> & {
  record(conversation: ConversationId): ConversationRecord | undefined
  tell(trouble: Trouble): void
  /** Called when lines of a chat were restored. */
  restored(conversation: ConversationId): void
}

/** Returns the segments that this device may still need, the newest of each chat first. */
export async function openSegments({ store, remote }: RestorePort): Promise<readonly IndexedSegment[]> {
  const { segments, chats } = remote.record.index
  if (segments.length === 0) return []
  const marks = new Set((await store.list('restored', { prefix: '!' })).map(({ key }) => key))
  const latest = (one: IndexedSegment) => chats[one.conversation]?.at ?? 0
  const rank = new Map<string, number>()
  const open = segments.filter(({ id }) => !marks.has(markKey(id))).toSorted((a, b) => lastOf(b) - lastOf(a))
  const seen = new Map<ConversationId, number>()
  for (const { id, conversation } of open) {
    const nth = seen.get(conversation) ?? 0
    seen.set(conversation, nth + 1)
    rank.set(id, nth)
  }
  return open.toSorted((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0) || latest(b) - latest(a))
}

/**
 * Takes from a segment the lines that this device cannot read by itself. They are stored together
 * with the mark, so an interruption repeats one segment at most.
 *
 * @returns `missing` when the server does not give the segment that the index names
 */
export async function restoreSegment(
  port: RestorePort,
  segment: IndexedSegment,
): Promise<'done' | 'later' | 'missing'> {
  const { store, remote } = port
  const { conversation, generation } = segment
  const wanted = await wantedOf(port, conversation, spansOf(segment))
  const batch = new Batch()
  if (wanted.later.length === 0) batch.put('restored', markKey(segment.id), {})
  if (wanted.now.length > 0) {
    const key = remote.keyOf(generation)
    const found = key && (await downloadSegment(port, key, segment))
    if (!found) return 'missing'
    await takeLines(port, batch, wanted, found)
    hideGaps(batch, conversation, wanted.gaps, coverageOf(remote.record.index, conversation))
  }
  if (batch.writes.length > 0) await store.write(batch.writes)
  if (wanted.now.length > 0) port.restored(conversation)
  return wanted.later.length === 0 ? 'done' : 'later'
}

/** The positions that this device takes from elsewhere, and those that it reads by itself soon. */
export type Wanted = { readonly now: Ranges; readonly later: Ranges; readonly gaps: readonly Span[] }

/** Returns what this device lacks in a part of a chat. */
export async function wantedOf(
  port: Pick<RestorePort, 'store' | 'record' | 'handed'>,
  conversation: ConversationId,
  spans: Ranges,
): Promise<Wanted> {
  const record = port.record(conversation)
  const own = record && (await readOwn(port.store, record, spans))
  const missing = without(spans, [...(own?.covered ?? []), ...port.handed(conversation)])
  const later: Ranges = record && isFollowing(record) ? without(missing, [[0, record.cursor]]) : []
  return { now: without(missing, later), later, gaps: own?.gaps ?? [] }
}

/** Puts the wanted ones of these lines into a batch, with what they change in others. */
export async function takeLines(
  { store }: Pick<RestorePort, 'store'>,
  batch: Batch,
  { now }: Pick<Wanted, 'now'>,
  found: readonly RestoredLine[],
): Promise<void> {
  const lines = await unknownTo(store, found, now)
  putRestored(batch, lines)
  await restoreChanges(store, batch, lines)
}

/** Marks the gaps of which all positions are known by now: their lines are no longer shown. */
export function hideGaps(batch: Batch, conversation: ConversationId, gaps: readonly Span[], known: Ranges): void {
  for (const gap of gaps)
    if (without([gap], known).length === 0) batch.put('restored', filledKey(conversation, gap[0]), {})
}

const isFollowing = ({ status }: ConversationRecord): boolean => status === 'active' || status === 'broken'

/** Returns the lines at these positions whose messages this device has at no other position. */
async function unknownTo(
  store: Store,
  found: readonly RestoredLine[],
  wanted: Ranges,
): Promise<readonly RestoredLine[]> {
  const unknown: RestoredLine[] = []
  for (const entry of found) {
    if (!has(wanted, entry.seq)) continue
    if (entry.id !== undefined && (await store.get('messageIds', entry.id)) !== undefined) continue
    unknown.push(entry)
  }
  return unknown
}
