import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { ClientError } from './errors.ts'
import { findEntry } from './messages/find-entry.ts'
import { shownEntries } from './messages/shown-entries.ts'
import {
  type ConversationRecord,
  type Entry,
  entryKey,
  getRecord,
  parseRecord,
  type StoredEntry,
} from './store/records.ts'
import type { Range, Row, Store } from './store/store.ts'

/**
 * Reads the history of this device's conversations: lines from the log, and lines from the backup.
 */
export class History {
  readonly #store: Store
  readonly #clock: Pick<Clock, 'wallMs'>

  constructor(store: Store, clock: Pick<Clock, 'wallMs'>) {
    this.#store = store
    this.#clock = clock
  }

  /** Returns entries before `before` (exclusive), newest last, at most `limit`. */
  async before(id: ConversationId, limit: number, before?: number): Promise<Entry[]> {
    const range = { limit, descending: true, ...(before !== undefined && { before: entryKey(id, before) }) }
    return (await this.#list(id, range)).reverse()
  }

  /**
   * Returns entries after `after` (exclusive), oldest first, at most `limit`. The limit may
   * separate entries of one position. `withChanges` also returns the marks of entries that changed
   * another message.
   */
  async after(
    id: ConversationId,
    after: number,
    limit: number,
    { withChanges = false }: { readonly withChanges?: boolean } = {},
  ): Promise<Entry[]> {
    return await this.#list(id, { after: entryKey(id, after + 1), limit }, withChanges)
  }

  /** Returns entries around a position, oldest first: half of them before it, at most `limit`. */
  async around(id: ConversationId, seq: number, limit: number): Promise<Entry[]> {
    const older = await this.before(id, Math.floor(limit / 2), seq)
    return [...older, ...(await this.after(id, seq - 1, limit - older.length))]
  }

  /**
   * Returns the entry of a message.
   *
   * @throws {ClientError} `unknown_message`
   */
  async entry(messageId: MessageId): Promise<Entry> {
    const found = await findEntry(this.#store, messageId)
    const [entry] = await shownEntries(this.#store, found ? [found.entry] : [], this.#clock.wallMs())
    if (!entry) throw new ClientError('unknown_message')
    return entry
  }

  /**
   * Lists both tables as one. Most chats have no restored lines in the range, and cost one request
   * more. A page may drop lines that both tables have, marks, and messages that are over, so it is
   * filled from the next ones.
   */
  async #list(id: ConversationId, range: Range & { readonly limit: number }, withChanges = false): Promise<Entry[]> {
    const prefix = `${id}/`
    const found: Entry[] = []
    for (let rest = range; ; ) {
      const restored = await this.#store.list('restored', { ...rest, prefix })
      const own = await this.#store.list('entries', { ...rest, prefix })
      const page = merged(own, restored, rest)
      const shown = restored.length === 0 ? page : await this.#chosen(id, page, new Set(restored))
      const entries = shown.map(({ value }) => parseRecord<StoredEntry>(value))
      const lines = entries.filter(({ type, change }) => type !== 'mark' || (withChanges && change !== undefined))
      found.push(...(await shownEntries(this.#store, lines, this.#clock.wallMs())))
      const last = page.at(-1)
      if (!last || page.length < rest.limit || found.length >= range.limit) return found.slice(0, range.limit)
      rest = { ...rest, ...(range.descending ? { before: last.key } : { after: last.key }) }
    }
  }

  /**
   * Leaves out restored lines that this device has read by itself meanwhile. It also leaves out its
   * lines about messages that it could not read, and the backup has.
   */
  async #chosen(id: ConversationId, page: readonly Row[], restored: ReadonlySet<Row>): Promise<Row[]> {
    const record = await getRecord<ConversationRecord>(this.#store, 'conversations', id)
    const [joined, cursor] = [record?.joinedSeq ?? 0, record?.cursor ?? 0]
    const chosen: Row[] = []
    for (const row of page) {
      const { seq, type } = parseRecord<Entry>(row.value)
      const other = restored.has(row) ? 'entries' : 'restored'
      // Only these lines can have a counterpart in the other table.
      const isOpen = restored.has(row) ? seq > joined && seq <= cursor : type === 'unreadable'
      if (!isOpen || !(await this.#outranks(id, seq, other))) chosen.push(row)
    }
    return chosen
  }

  /** Returns whether a table has lines of this position that replace those of the other one. */
  async #outranks(id: ConversationId, seq: number, table: 'entries' | 'restored'): Promise<boolean> {
    const [row] = await this.#store.list(table, { prefix: `${entryKey(id, seq)}/`, limit: 1 })
    return row !== undefined && parseRecord<Entry>(row.value).type !== 'unreadable'
  }
}

/** Returns the first rows of two sorted lists, in the order of the range. */
function merged(own: readonly Row[], restored: readonly Row[], { limit, descending }: Range): Row[] {
  if (restored.length === 0) return [...own]
  const rows = [...own, ...restored].toSorted((a, b) => (a.key < b.key ? -1 : 1))
  if (descending) rows.reverse()
  const end = limit ?? rows.length
  // Both tables may have a line under one key. A page has both of them, or the next page has.
  const isSplit = rows[end] !== undefined && rows[end]?.key === rows[end - 1]?.key
  return rows.slice(0, isSplit ? end + 1 : end)
}
