import type { ConversationId, MessageId, UserId } from '@fastchat/schema'
import type { Entry } from '../store/records.ts'
import { type Folded, foldText } from './fold.ts'

/** A message in the index: where it is, and its folded words. */
export type Row = {
  readonly id: MessageId
  readonly seq: number
  readonly at: number
  readonly from: UserId | undefined
  readonly words: Folded
}

/** The messages of one conversation from a position on, oldest first. */
export type IndexedChat = {
  rows: Row[]
  /** The lowest position that is indexed; 0 when all of the history is. */
  from: number
  bytes: number
  /** Older messages had no room. A search reads them from the store. */
  isCut: boolean
}

/** The bytes that a row takes beside its words. */
const rowBytes = 128
/** Half of what a tab of a browser may take for all of a client. */
const defaultMaxBytes = 32 * 1024 * 1024

/** Returns what of an entry is searched: text, caption and the name of a file. */
export function rowOf({ type, id, seq, at, from, payload }: Entry): Row | undefined {
  if (type !== 'message' || id === undefined || payload === undefined) return undefined
  const parts = [
    'text' in payload ? payload.text : undefined,
    'caption' in payload ? payload.caption : undefined,
    'file' in payload ? payload.file.name : undefined,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? undefined : { id, seq, at, from, words: foldText(parts.join('\n')) }
}

/** Holds folded messages in memory, the newest of each conversation, up to a number of bytes. */
export class SearchIndex {
  readonly #chats = new Map<ConversationId, IndexedChat>()
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes = defaultMaxBytes) {
    this.#maxBytes = maxBytes
  }

  get(id: ConversationId): IndexedChat | undefined {
    return this.#chats.get(id)
  }

  /** Returns whether more fits. */
  get hasRoom(): boolean {
    return this.#bytes < this.#maxBytes
  }

  /** Begins a conversation. Messages that come from now on are added. */
  begin(id: ConversationId): IndexedChat {
    const chat = { rows: [], from: Number.MAX_SAFE_INTEGER, bytes: 0, isCut: false }
    this.#chats.set(id, chat)
    return chat
  }

  /** Forgets a conversation. The next search reads it from the store. */
  forget(id: ConversationId): void {
    this.#bytes -= this.#chats.get(id)?.bytes ?? 0
    this.#chats.delete(id)
  }

  /** Adds older messages of a conversation, oldest first, down to a position. */
  addOlder(id: ConversationId, older: readonly Row[], from: number): void {
    const chat = this.#chats.get(id)
    if (!chat) return
    const first = chat.rows[0]?.seq ?? Number.MAX_SAFE_INTEGER
    const fresh = older.filter(({ seq }) => seq < first)
    chat.rows = [...fresh, ...chat.rows]
    chat.from = from
    this.#grow(chat, sizeOf(fresh))
  }

  /** Adds a message that has come. Does nothing in a conversation that is not indexed yet. */
  add(id: ConversationId, row: Row): void {
    const chat = this.#chats.get(id)
    if (!chat || row.seq <= (chat.rows.at(-1)?.seq ?? 0)) return
    chat.rows.push(row)
    this.#grow(chat, sizeOf([row]))
    if (!this.hasRoom) this.#dropOldest()
  }

  /** Replaces a message whose words have changed, or removes it. */
  replace(id: ConversationId, messageId: MessageId, row: Row | undefined): void {
    const chat = this.#chats.get(id)
    const at = chat ? placeOf(chat.rows, messageId, row?.seq) : -1
    const known = chat?.rows[at]
    if (!chat || !known) return
    chat.rows.splice(at, 1, ...(row ? [row] : []))
    this.#grow(chat, sizeOf(row ? [row] : []) - sizeOf([known]))
  }

  #grow(chat: IndexedChat, bytes: number): void {
    chat.bytes += bytes
    this.#bytes += bytes
  }

  /** Drops the older half of the largest conversation. A search reads it from the store then. */
  #dropOldest(): void {
    let largest: IndexedChat | undefined
    for (const chat of this.#chats.values()) if (!largest || chat.bytes > largest.bytes) largest = chat
    if (!largest || largest.rows.length < 2) return
    const dropped = largest.rows.splice(0, Math.ceil(largest.rows.length / 2))
    largest.from = largest.rows[0]?.seq ?? largest.from
    largest.isCut = true
    this.#grow(largest, -sizeOf(dropped))
  }
}

const sizeOf = (rows: readonly Row[]): number => rows.reduce((sum, { words }) => sum + rowBytes + 2 * words.length, 0)

/** Returns the place of a message among rows, by its position if that is known. -1: it has none. */
function placeOf(rows: readonly Row[], id: MessageId, seq: number | undefined): number {
  if (seq === undefined) return rows.findIndex((one) => one.id === id)
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rows[middle]?.seq ?? 0) < seq) low = middle + 1
    else high = middle
  }
  for (let at = low; rows[at]?.seq === seq; at++) if (rows[at]?.id === id) return at
  return -1
}
