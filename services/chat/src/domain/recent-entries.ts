import type { ConversationId } from '@fastchat/schema'
import { ByteRing } from './byte-ring.ts'
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

/** What an entry is besides its bytes: the same for all plain messages. */
type Extra = Pick<Entry, 'kind' | 'delta'>
type Tail = { firstSeq: number; readonly ring: ByteRing; readonly extras: Extra[] }

const plain: Extra = { kind: 'application' }

/** The last entries of each conversation, dense. When all together are too large, the conversation silent longest goes. */
export class RecentEntries {
  readonly #limits: RecentLimits
  readonly #tails = new Map<ConversationId, Tail>()
  #totalBytes = 0

  constructor(limits: RecentLimits = recentLimits) {
    this.#limits = limits
  }

  /** Memory that is taken, used or not. */
  get totalBytes(): number {
    return this.#totalBytes
  }

  add({ conversation, seq, kind, delta, wire }: Entry): void {
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

  /** All entries after `after` that are kept; undefined when the one at `after + 1` is not. */
  after(conversation: ConversationId, after: number): readonly Entry[] | undefined {
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
