import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { ClientError } from './errors.ts'
import { shownEntries } from './messages/shown-entries.ts'
import { type Entry, entryKey, getRecord, parseRecord, type StoredEntry } from './store/records.ts'
import type { Range, Store } from './store/store.ts'

type Paged = Range & { readonly limit: number }

/** Reads the stored history of this device's conversations, as people see it. */
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

  /**
   * Returns the entry of a message.
   *
   * @throws {ClientError} `unknown_message`
   */
  async entry(messageId: MessageId): Promise<Entry> {
    const key = await getRecord<string>(this.#store, 'messageIds', messageId)
    const stored = key === undefined ? undefined : await getRecord<StoredEntry>(this.#store, 'entries', key)
    const [entry] = await shownEntries(this.#store, stored ? [stored] : [], this.#clock.wallMs())
    if (!entry) throw new ClientError('unknown_message')
    return entry
  }

  /** Reads until enough entries are found: marks, and messages that are over, have no line. */
  async #list(id: ConversationId, range: Paged, withChanges = false): Promise<Entry[]> {
    const found: Entry[] = []
    let rest: Range | undefined = { ...range, prefix: `${id}/` }
    while (rest && found.length < range.limit) {
      const rows = await this.#store.list('entries', rest)
      const entries = rows.map(({ value }) => parseRecord<StoredEntry>(value))
      const lines = entries.filter(({ type, change }) => type !== 'mark' || (withChanges && change !== undefined))
      found.push(...(await shownEntries(this.#store, lines, this.#clock.wallMs())))
      const last = rows.at(-1)?.key
      const next = last === undefined ? {} : range.descending ? { before: last } : { after: last }
      rest = rows.length < range.limit ? undefined : { ...rest, ...next }
    }
    return found.slice(0, range.limit)
  }
}
