import type { ConversationId, MessageId, UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { pause } from '../net/backoff.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import { type Query, readQuery } from './fold.ts'
import { type IndexedChat, type Row, rowOf, SearchIndex } from './search-index.ts'

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
  /** Called after each page that is read from the store. A warm search reads none. */
  readonly onProgress?: (progress: SearchProgress) => void
}

/** The chats that a search has read so far, and all that it will; the messages that it has read. */
export type SearchProgress = { readonly chats: number; readonly ofChats: number; readonly messages: number }

/** The messages that were found, the newest first. `isMore` says that older ones match, too. */
export type Found = { readonly entries: readonly Entry[]; readonly isMore: boolean }

type Port = {
  /** The conversations of this device, the latest first. */
  conversations(): readonly ConversationRecord[]
  /** Returns entries before a position, newest last, as people see them now. */
  before(id: ConversationId, limit: number, before?: number): Promise<readonly Entry[]>
  /** @throws {ClientError} `unknown_message` */
  entry(id: MessageId): Promise<Entry>
  /** Returns whether an entry is not shown here: a blocked person wrote it. */
  isHidden(entry: Entry): boolean
  /** Returns whether a chat waits to be accepted. Only a search in that chat finds its messages. */
  isRequest(conversation: ConversationId): boolean
}

/** One search on its way. */
type Run = {
  readonly signal: AbortSignal | undefined
  readonly page: (messages: number) => void
  readonly chatDone: () => void
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
   * beginning of one. Case and accents make no difference. Messages of blocked people are left out,
   * and so are chats that wait to be accepted.
   *
   * @throws {ClientError} `empty_search`, `unknown_conversation`
   */
  async search(written: string, options: SearchOptions = {}): Promise<Found> {
    const { limit = defaultLimit, signal, from, since } = options
    const query = readQuery(written)
    if (!query) throw new ClientError('empty_search')
    const chats = this.#chatsOf(options)
    const run = runOf(options, chats.length)
    await this.#warm(chats, run)
    const isWanted = (row: Row) =>
      (from === undefined || row.from === from) && (since === undefined || row.at >= since) && query.matches(row.words)
    const candidates: Candidate[] = []
    for (const { conversation } of chats) {
      const add = (row: Row) => isWanted(row) && candidates.push({ ...row, conversation })
      for (const row of this.#index.get(conversation)?.rows ?? []) add(row)
      for await (const row of this.#beyond(conversation, run)) add(row)
    }
    candidates.sort((a, b) => b.at - a.at || b.seq - a.seq)
    return await this.#confirmed(candidates, query, Math.min(limit, maxLimit), signal)
  }

  #chatsOf(only: SearchOptions): readonly ConversationRecord[] {
    const all = this.#port.conversations()
    if (only.in === undefined) return all.filter(({ conversation }) => !this.#port.isRequest(conversation))
    const found = all.filter(({ conversation }) => conversation === only.in)
    if (found.length === 0) throw new ClientError('unknown_conversation')
    return found
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
      if (!row || !query.matches(row.words) || this.#port.isHidden(entry)) continue
      if (entries.length === limit) return { entries, isMore: true }
      entries.push(entry)
    }
    return { entries, isMore: false }
  }

  /** Indexes the chats that are not yet, as far as there is room. It goes on where one ended. */
  async #warm(chats: readonly ConversationRecord[], run: Run): Promise<void> {
    await this.#warming.run(async () => {
      for (const { conversation } of chats) {
        const known = this.#index.get(conversation) ?? this.#index.begin(conversation)
        if (known.from > 0 && !known.isCut) await this.#fill(conversation, known, run)
        run.chatDone()
      }
    })
  }

  async #fill(conversation: ConversationId, chat: IndexedChat, run: Run): Promise<void> {
    // A chat that was forgotten meanwhile is read from the store below.
    const isKnown = () => this.#index.get(conversation) === chat
    while (isKnown() && chat.from > 0 && this.#index.hasRoom) {
      const { rows, from } = await this.#page(conversation, chat.from, run)
      this.#index.addOlder(conversation, rows, from)
    }
    chat.isCut = chat.from > 0
  }

  /** Reads the messages that the index has no room for, newest first. */
  async *#beyond(conversation: ConversationId, run: Run): AsyncGenerator<Row> {
    let before = this.#index.get(conversation)?.from ?? Number.MAX_SAFE_INTEGER
    while (before > 0) {
      const { rows, from } = await this.#page(conversation, before, run)
      yield* rows
      before = from
    }
  }

  /** Reads a page before a position. `from` is its first position; 0 at the beginning. */
  async #page(conversation: ConversationId, before: number, run: Run) {
    run.signal?.throwIfAborted()
    const entries = await this.#port.before(
      conversation,
      pageRows,
      before < Number.MAX_SAFE_INTEGER ? before : undefined,
    )
    run.page(entries.length)
    // Only a full page gives other work a turn: an account may have a thousand short chats.
    if (entries.length === pageRows) await pause(0)
    return {
      rows: entries.flatMap((entry) => rowOf(entry) ?? []),
      from: entries.length < pageRows ? 0 : (entries[0]?.seq ?? 0),
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

function runOf({ signal, onProgress }: SearchOptions, ofChats: number): Run {
  let [chats, messages] = [0, 0]
  return {
    signal,
    page: (count) => {
      messages += count
      onProgress?.({ chats, ofChats, messages })
    },
    chatDone: () => {
      chats++
    },
  }
}
