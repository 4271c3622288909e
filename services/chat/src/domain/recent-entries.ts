import type { ConversationId } from '@fastchat/schema'
import type { Delivery } from './ports.ts'

/** An entry as it goes through the sockets; `wire` is its frame as it is written to each of them. */
export type Entry = Omit<Delivery, 'key' | 'frame'> & { readonly wire: Buffer }

export type RecentLimits = {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Of all conversations together. */
  readonly maxTotalBytes: number
}

/** Enough for those who reconnect after a short break and for readers a little behind, without asking Postgres. */
const recentLimits: RecentLimits = { maxEntries: 128, maxBytes: 256 * 1024, maxTotalBytes: 64 * 1024 * 1024 }

type Tail = { entries: Entry[]; bytes: number }

/** The last entries of each conversation, dense. When all together are too large, the conversation silent longest goes. */
export class RecentEntries {
  readonly #limits: RecentLimits
  readonly #tails = new Map<ConversationId, Tail>()
  #totalBytes = 0

  constructor(limits: RecentLimits = recentLimits) {
    this.#limits = limits
  }

  get totalBytes(): number {
    return this.#totalBytes
  }

  add(entry: Entry): void {
    const tail = this.#tailBefore(entry)
    this.#tails.delete(entry.conversation)
    this.#tails.set(entry.conversation, tail)
    tail.entries.push(entry)
    this.#count(tail, entry.wire.length)
    while (tail.entries.length > this.#limits.maxEntries || tail.bytes > this.#limits.maxBytes) {
      const oldest = tail.entries.shift()
      if (oldest) this.#count(tail, -oldest.wire.length)
    }
    for (const conversation of this.#tails.keys()) {
      if (this.#totalBytes <= this.#limits.maxTotalBytes) break
      this.drop(conversation)
    }
  }

  /** All entries after `after` that are kept; undefined when the one at `after + 1` is not. */
  after(conversation: ConversationId, after: number): readonly Entry[] | undefined {
    const entries = this.#tails.get(conversation)?.entries
    const first = entries?.[0]
    if (entries === undefined || first === undefined) return undefined
    const skip = after + 1 - first.seq
    return skip < 0 || skip >= entries.length ? undefined : entries.slice(skip)
  }

  drop(conversation: ConversationId): void {
    this.#totalBytes -= this.#tails.get(conversation)?.bytes ?? 0
    this.#tails.delete(conversation)
  }

  #tailBefore({ conversation, seq }: Entry): Tail {
    const tail = this.#tails.get(conversation)
    if (tail?.entries.at(-1)?.seq === seq - 1) return tail
    this.drop(conversation)
    return { entries: [], bytes: 0 }
  }

  #count(tail: Tail, bytes: number): void {
    tail.bytes += bytes
    this.#totalBytes += bytes
  }
}
