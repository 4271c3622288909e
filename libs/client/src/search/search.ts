import type { ConversationId, MessageId, UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { pause } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import { type Query, readQuery } from './fold.ts'
import { type Row, rowOf, SearchIndex } from './search-index.ts'

/** The limits of a search. */
export type SearchOptions = {
  /** Only this conversation. */
  readonly in?: ConversationId
  /** Only messages of this user. */
  readonly from?: UserId
  /** Only messages from this time on, in milliseconds since 1970. */
  readonly since?: number
  /** The most results; by default 50. */
  readonly limit?: number
  /** Ends the search. It then throws the reason of the signal. */
  readonly signal?: AbortSignal
}

/** The messages that were found, the newest first. `isMore` says that older ones match, too. */
export type Found = { readonly entries: readonly Entry[]; readonly isMore: boolean }

type Port = {
  /** The conversations of this device, the latest first. */
  conversations(): readonly ConversationRecord[]
  /** Returns entries before a position, newest last, as people see them now. */
  before(id: ConversationId, limit: number, before?: number): Promise<readonly Entry[]>
  /** @throws {ClientError} `unknown_message` */
  entry(id: MessageId): Promise<Entry>
}

type Candidate = Row & { readonly conversation: ConversationId }

const defaultLimit = 50
const maxLimit = 1_000
/** The entries that are read from the store at a time. Between pages other work may run. */
const pageRows = 500

/** Searches the messages in the history of this device. Nothing is asked of the server. */
export class Search {
  readonly #port: Port
  readonly #index: SearchIndex
  readonly #warming = new Serial()

  constructor(port: Port, index = new SearchIndex()) {
    this.#port = port
    this.#index = index
  }

  /** Adds an entry that has come. */
  added(entry: Entry): void {
    const row = rowOf(entry)
    if (row) this.#index.add(entry.conversation, row)
  }

  /** Reads a conversation anew: older messages have come into its history. */
  restored(conversation: ConversationId): void {
    this.#index.forget(conversation)
  }

  /** Reads a message again: it was edited, deleted, or its time is over. */
  async changed(conversation: ConversationId, id: MessageId): Promise<void> {
    if (!this.#index.get(conversation)) return
    const entry = await this.#read(id)
    this.#index.replace(conversation, id, entry && rowOf(entry))
  }

  /**
   * Returns the messages that have all words of a query, the newest first. The last word may be the
   * beginning of one. Case and accents make no difference.
   *
   * @throws {ClientError} `empty_search`, `unknown_conversation`
   */
  async search(written: string, { limit = defaultLimit, signal, ...only }: SearchOptions = {}): Promise<Found> {
    const query = readQuery(written)
    if (!query) throw new ClientError('empty_search')
    const chats = this.#port
      .conversations()
      .filter(({ conversation }) => only.in === undefined || conversation === only.in)
    if (only.in !== undefined && chats.length === 0) throw new ClientError('unknown_conversation')
    await this.#warm(chats, signal)
    const isWanted = ({ from, at, words }: Row) =>
      (only.from === undefined || from === only.from) &&
      (only.since === undefined || at >= only.since) &&
      query.matches(words)
    const candidates: Candidate[] = []
    for (const { conversation } of chats) {
      for (const row of this.#index.get(conversation)?.rows ?? [])
        if (isWanted(row)) candidates.push({ ...row, conversation })
      for await (const row of this.#beyond(conversation, signal))
        if (isWanted(row)) candidates.push({ ...row, conversation })
    }
    candidates.sort((a, b) => b.at - a.at || b.seq - a.seq)
    return await this.#confirmed(candidates, query, Math.min(limit, maxLimit), signal)
  }

  /** Reads each result anew, so that nothing is shown that has been deleted meanwhile. */
  async #confirmed(
    candidates: readonly Candidate[],
    query: Query,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<Found> {
    const entries: Entry[] = []
    for (const { id } of candidates) {
      signal?.throwIfAborted()
      const entry = await this.#read(id)
      const row = entry && rowOf(entry)
      if (!row || !query.matches(row.words)) continue
      if (entries.length === limit) return { entries, isMore: true }
      entries.push(entry)
    }
    return { entries, isMore: false }
  }

  /** Indexes conversations that are not yet, as far as there is room. */
  async #warm(chats: readonly ConversationRecord[], signal: AbortSignal | undefined): Promise<void> {
    await this.#warming.run(async () => {
      for (const { conversation } of chats) {
        const known = this.#index.get(conversation)
        if (known && known.from < Number.MAX_SAFE_INTEGER) continue
        if (!this.#index.hasRoom) return
        if (!known) this.#index.begin(conversation)
        await this.#fill(conversation, signal)
      }
    })
  }

  async #fill(conversation: ConversationId, signal: AbortSignal | undefined): Promise<void> {
    let before: number | undefined
    do {
      signal?.throwIfAborted()
      const entries = await this.#port.before(conversation, pageRows, before)
      before = entries.length < pageRows ? 0 : entries[0]?.seq
      const rows = entries.flatMap((entry) => rowOf(entry) ?? [])
      this.#index.addOlder(conversation, rows, before ?? 0)
      await pause(0)
    } while (before && this.#index.hasRoom)
  }

  /** Reads the messages that the index has no room for, newest first. */
  async *#beyond(conversation: ConversationId, signal: AbortSignal | undefined): AsyncGenerator<Row> {
    let before = this.#index.get(conversation)?.from ?? Number.MAX_SAFE_INTEGER
    while (before > 0) {
      signal?.throwIfAborted()
      const entries = await this.#port.before(conversation, pageRows, before)
      yield* entries.flatMap((entry) => rowOf(entry) ?? [])
      before = entries.length < pageRows ? 0 : (entries[0]?.seq ?? 0)
      await pause(0)
    }
  }

  async #read(id: MessageId): Promise<Entry | undefined> {
    try {
      return await this.#port.entry(id)
    } catch (error) {
      if (error instanceof ClientError && error.code === 'unknown_message') return undefined
      throw error
    }
  }
}
