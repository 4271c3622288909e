import type { ConversationId } from '@fastchat/schema'
import { ByteRing } from './byte-ring.ts'
import type { Delivery } from './ports.ts'

/** An entry on its way to the sockets. `wire` is the WebSocket frame that each of them gets. */
export type WireEntry = Omit<Delivery, 'key' | 'frame'> & { readonly wire: Buffer }

export type RecentLimits = {
  readonly maxEntries: number
  readonly maxBytes: number
  /** The limit on all conversations together. */
  readonly maxTotalBytes: number
}

/**
 * Serves devices that reconnect after a short break, and readers a little behind, without asking
 * Postgres.
 */
const recentLimits: RecentLimits = { maxEntries: 128, maxBytes: 256 * 1024, maxTotalBytes: 64 * 1024 * 1024 }

/** The fields of an entry besides its bytes. All plain messages share one value. */
type Extra = Pick<WireEntry, 'kind' | 'delta'>
type Tail = { firstSeq: number; readonly ring: ByteRing; readonly extras: Extra[] }

const plain: Extra = { kind: 'application' }

/**
 * Keeps the last entries of each conversation, without holes. If all together are too large, it
 * drops the conversation that was silent longest. A `Map` keeps that order. An `LRUCache` would not
 * do: a conversation grows while it is kept, and each entry would allocate an options object with
 * the new size.
 */
export class RecentEntries {
  readonly #limits: RecentLimits
  readonly #tails = new Map<ConversationId, Tail>()
  #totalBytes = 0

  constructor(limits: RecentLimits = recentLimits) {
    this.#limits = limits
  }

  /** Bytes of memory that the entries take, used or not. */
  get totalBytes(): number {
    return this.#totalBytes
  }

  add({ conversation, seq, kind, delta, wire }: WireEntry): void {
    const tail = this.#tailBefore(conversation, seq)
    const { ring } = tail
    if (wire.length > this.#limits.maxBytes) {
      this.drop(conversation)
      return
    }
    while (ring.count >= this.#limits.maxEntries || !ring.fits(wire.length)) dropOldest(tail)
    const before = ring.capacity
    ring.push(wire)
    this.#totalBytes += ring.capacity - before
    tail.extras.push(kind === plain.kind && !delta ? plain : { kind, ...(delta && { delta }) })
    this.#tails.delete(conversation)
    this.#tails.set(conversation, tail)
    for (const silent of this.#tails.keys()) {
      if (this.#totalBytes <= this.#limits.maxTotalBytes) break
      this.drop(silent)
    }
  }

  /** Returns all kept entries after `after`. Undefined if the entry at `after + 1` is not kept. */
  after(conversation: ConversationId, after: number): readonly WireEntry[] | undefined {
    const tail = this.#tails.get(conversation)
    if (tail === undefined) return undefined
    const skip = after + 1 - tail.firstSeq
    if (skip < 0 || skip >= tail.ring.count) return undefined
    const extras = tail.extras.slice(skip)
    return tail.ring.slice(skip).map((wire, n) => ({ conversation, seq: after + 1 + n, wire, ...(extras[n] ?? plain) }))
  }

  drop(conversation: ConversationId): void {
    this.#totalBytes -= this.#tails.get(conversation)?.ring.capacity ?? 0
    this.#tails.delete(conversation)
  }

  #tailBefore(conversation: ConversationId, seq: number): Tail {
    const tail = this.#tails.get(conversation)
    if (tail && tail.firstSeq + tail.ring.count === seq) return tail
    this.drop(conversation)
    return { firstSeq: seq, ring: new ByteRing(this.#limits.maxBytes), extras: [] }
  }
}

function dropOldest(tail: Tail): void {
  tail.ring.shift()
  tail.extras.shift()
  tail.firstSeq++
}
