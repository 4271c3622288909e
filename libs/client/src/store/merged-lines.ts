import type { ConversationId } from '@fastchat/schema'
import { filledKey } from '../backup/restored-rows.ts'
import { type ConversationRecord, type Entry, entryKey, getRecord, parseRecord } from './records.ts'
import type { Range, Row, Store } from './store.ts'

/** A page of a conversation's history. */
export type MergedPage = {
  /** The rows of both tables in the range, also those that were left out of `lines`. */
  readonly rows: readonly Row[]
  /** The rows that are the history, in the order of the range. */
  readonly lines: readonly Row[]
}

/**
 * Lists what this device has read in the log and what came from the backup as one history. Most
 * chats have no restored lines in the range, and cost one request more. A page is whole when it has
 * fewer rows than the limit.
 */
export async function mergedLines(
  store: Pick<Store, 'get' | 'list'>,
  id: ConversationId,
  range: Range & { readonly limit: number },
): Promise<MergedPage> {
  const prefix = `${id}/`
  const restored = await store.list('restored', { ...range, prefix })
  const own = await store.list('entries', { ...range, prefix })
  const rows = merged(own, restored, range)
  const isPlain = restored.length === 0 && !own.some(isGap)
  return { rows, lines: isPlain ? rows : await chosen(store, id, rows, new Set(restored)) }
}

/**
 * Leaves out restored lines that this device has read by itself meanwhile. It also leaves out its
 * lines about messages that it could not read, and about gaps, where the backup has them.
 */
async function chosen(
  store: Pick<Store, 'get' | 'list'>,
  id: ConversationId,
  page: readonly Row[],
  restored: ReadonlySet<Row>,
): Promise<Row[]> {
  const record = await getRecord<ConversationRecord>(store, 'conversations', id)
  const [joined, cursor] = [record?.joinedSeq ?? 0, record?.cursor ?? 0]
  const left: Row[] = []
  for (const row of page) {
    const { seq, type } = parseRecord<Entry>(row.value)
    if (type === 'gap' && (await store.get('restored', filledKey(id, seq))) !== undefined) continue
    const other = restored.has(row) ? 'entries' : 'restored'
    // Only these lines can have a counterpart in the other table.
    const isOpen = restored.has(row) ? seq > joined && seq <= cursor : type === 'unreadable'
    if (!isOpen || !(await outranks(store, id, seq, other))) left.push(row)
  }
  return left
}

/** Returns whether a table has lines of this position that replace those of the other one. */
async function outranks(
  store: Pick<Store, 'list'>,
  id: ConversationId,
  seq: number,
  table: 'entries' | 'restored',
): Promise<boolean> {
  const [row] = await store.list(table, { prefix: `${entryKey(id, seq)}/`, limit: 1 })
  const type = row && parseRecord<Entry>(row.value).type
  return type !== undefined && type !== 'unreadable' && type !== 'gap'
}

const isGap = ({ value }: Row): boolean => parseRecord<Entry>(value).type === 'gap'

/** Returns the first rows of two sorted lists, in the order of the range. */
function merged(own: readonly Row[], restored: readonly Row[], { limit, descending }: Range): readonly Row[] {
  if (restored.length === 0) return own
  const rows = [...own, ...restored].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  if (descending) rows.reverse()
  const end = limit ?? rows.length
  // Both tables may have a line under one key. A page has both of them, or the next page has.
  const isSplit = rows[end] !== undefined && rows[end]?.key === rows[end - 1]?.key
  return rows.slice(0, isSplit ? end + 1 : end)
}
