import type { ConversationId, MessageId } from '@fastchat/schema'
import { ClientError } from './errors.ts'
import { type Entry, entryKey, getRecord, parseRecord, type StoredEntry } from './store/records.ts'
import type { Range, Store } from './store/store.ts'

/** Reads the stored history of this device's conversations. */
export class History {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Returns entries before `before` (exclusive), newest last, at most `limit`. */
  async before(id: ConversationId, limit: number, before?: number): Promise<Entry[]> {
    const range = { limit, descending: true, ...(before !== undefined && { before: entryKey(id, before) }) }
    return (await this.#list(id, range)).reverse()
  }

  /**
   * Returns entries after `after` (exclusive), oldest first, at most `limit`. The limit may
   * separate entries of one position.
   */
  async after(id: ConversationId, after: number, limit: number): Promise<Entry[]> {
    return await this.#list(id, { after: entryKey(id, after + 1), limit })
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
    const key = await getRecord<string>(this.#store, 'messageIds', messageId)
    const entry = key === undefined ? undefined : await getRecord<StoredEntry>(this.#store, 'entries', key)
    if (!entry) throw new ClientError('unknown_message')
    return withoutChain(entry)
  }

  async #list(id: ConversationId, range: Range): Promise<Entry[]> {
    const rows = await this.#store.list('entries', { ...range, prefix: `${id}/` })
    return rows.map(({ value }) => withoutChain(parseRecord<StoredEntry>(value)))
  }
}

const withoutChain = ({ c: _, ...entry }: StoredEntry): Entry => entry
