import type { ConversationId } from '@fastchat/schema'
import { entryKey, parseRecord, type StoredEntry } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { has, type Ranges, type Span } from './ranges.ts'

/** The rows that one request to the store reads. */
const pageRows = 500

type Table = 'entries' | 'restored'

/**
 * Returns the entries of a part of a log, ascending: those that this device has read, and those of
 * `restored` from the backup. Where it has read a position by itself, that is what counts.
 */
export async function* entriesIn(
  store: Store,
  id: ConversationId,
  span: Span,
  restored: Ranges,
): AsyncGenerator<StoredEntry> {
  const own = bySeq(rowsIn(store, 'entries', id, span))
  if (restored.length === 0) {
    for await (const entries of own) yield* entries
    return
  }
  const backedUp = bySeq(rowsIn(store, 'restored', id, span))
  let [mine, theirs] = [await own.next(), await backedUp.next()]
  while (!mine.done || !theirs.done) {
    const [at, other] = [seqOf(mine), seqOf(theirs)]
    const isBacked = !theirs.done && has(restored, other)
    const isOwn = !mine.done && at <= other && !(at === other && isBacked && mine.value.every(isHole))
    if (isOwn && !mine.done) yield* mine.value
    else if (isBacked && other <= at && !theirs.done) yield* theirs.value
    if (at <= other) mine = await own.next()
    if (other <= at) theirs = await backedUp.next()
  }
}

const seqOf = (group: IteratorResult<StoredEntry[]>): number =>
  group.done ? Number.POSITIVE_INFINITY : (group.value[0]?.seq ?? 0)

const isHole = ({ type }: StoredEntry): boolean => type === 'unreadable' || type === 'gap'

/** Returns entries with those of one position together. */
async function* bySeq(entries: AsyncGenerator<StoredEntry>): AsyncGenerator<StoredEntry[], undefined> {
  let group: StoredEntry[] = []
  for await (const entry of entries) {
    if (group.length > 0 && group[0]?.seq !== entry.seq) {
      yield group
      group = []
    }
    group.push(entry)
  }
  if (group.length > 0) yield group
  return undefined
}

async function* rowsIn(store: Store, table: Table, id: ConversationId, [from, to]: Span): AsyncGenerator<StoredEntry> {
  const before = entryKey(id, to + 1)
  for (let after = entryKey(id, from); ; ) {
    const rows = await store.list(table, { after, before, limit: pageRows })
    for (const { value } of rows) yield parseRecord<StoredEntry>(value)
    const last = rows.at(-1)
    if (!last || rows.length < pageRows) return
    after = last.key
  }
}
