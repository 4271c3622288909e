import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { ClientError } from './errors.ts'
import { findEntry } from './messages/find-entry.ts'
import { shownEntries } from './messages/shown-entries.ts'
import { mergedLines } from './store/merged-lines.ts'
import { type Entry, entryKey, parseRecord, type StoredEntry } from './store/records.ts'
import type { Range, Store } from './store/store.ts'

/** A position in the log, or a message. */
export type Place = number | MessageId

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

  /**
   * Returns entries before a place (exclusive), newest last, at most `limit`.
   *
   * @throws {ClientError} `unknown_message`
   */
  async before(id: ConversationId, limit: number, before?: Place): Promise<Entry[]> {
    const range = {
      ...{ limit, descending: true },
      ...(before !== undefined && { before: entryKey(id, await this.#seqOf(id, before)) }),
    }
    return (await this.#list(id, range)).reverse()
  }

  /**
   * Returns entries after a place (exclusive), oldest first, at most `limit`. The limit may
   * separate entries of one position. `withChanges` also returns the marks of entries that changed
   * another message.
   *
   * @throws {ClientError} `unknown_message`
   */
  async after(
    id: ConversationId,
    after: Place,
    limit: number,
    { withChanges = false }: { readonly withChanges?: boolean } = {},
  ): Promise<Entry[]> {
    return await this.#list(id, { after: entryKey(id, (await this.#seqOf(id, after)) + 1), limit }, withChanges)
  }

  /**
   * Returns entries around a place, oldest first: half of them before it, at most `limit`. Near an
   * end of the history the other side has more.
   *
   * @throws {ClientError} `unknown_message`
   */
  async around(id: ConversationId, place: Place, limit: number): Promise<Entry[]> {
    const seq = await this.#seqOf(id, place)
    const newer = await this.after(id, seq - 1, limit)
    const older = await this.before(id, Math.max(Math.floor(limit / 2), limit - newer.length), seq)
    return [...older, ...newer.slice(0, limit - older.length)]
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

  async #seqOf(id: ConversationId, place: Place): Promise<number> {
    if (typeof place === 'number') return place
    const found = (await findEntry(this.#store, place))?.entry
    if (found?.conversation !== id) throw new ClientError('unknown_message')
    return found.seq
  }

  /**
   * A page may drop lines that both tables have, marks, and messages that are over, so it is filled
   * from the next ones.
   */
  async #list(id: ConversationId, range: Range & { readonly limit: number }, withChanges = false): Promise<Entry[]> {
    const found: Entry[] = []
    for (let rest = range; ; ) {
      const { rows, lines: shown } = await mergedLines(this.#store, id, rest)
      const entries = shown.map(({ value }) => parseRecord<StoredEntry>(value))
      const lines = entries.filter(({ type, change }) => type !== 'mark' || (withChanges && change !== undefined))
      found.push(...(await shownEntries(this.#store, lines, this.#clock.wallMs())))
      const last = rows.at(-1)
      if (!last || rows.length < rest.limit || found.length >= range.limit) return found.slice(0, range.limit)
      rest = { ...rest, ...(range.descending ? { before: last.key } : { after: last.key }) }
    }
  }
}
