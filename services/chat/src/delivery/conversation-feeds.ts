import type { ConversationId } from '@fastchat/schema'
import type { ConversationKey, Delivery, DeviceKey, EntryLog, LeafDelta } from '../domain/ports.ts'
import { RecentEntries, type WireEntry } from '../domain/recent-entries.ts'
import type { Traces, Via } from '../domain/traces.ts'
import { textFrame } from '../socket/text-frame.ts'
import type { DeviceSubscription } from './device-subscription.ts'

/**
 * A conversation that devices on this pod read. A full pod has 100 000 of them, so an idle one
 * holds no empty collections.
 */
export type ConversationFeed = {
  readonly conversation: ConversationId
  readonly key: ConversationKey
  /** Every entry up to this position was offered to the readers. */
  head: number
  /** The log is known to reach this far; above `head` while a gap is being read. */
  target: number
  isHealing: boolean
  /** Replaced, never changed: a reader that leaves during delivery does not shift the others. */
  subscriptions: readonly DeviceSubscription[]
  /**
   * Reads in progress, by the position that they start after. Readers of one page share its read.
   */
  pages: Map<number, Promise<readonly WireEntry[]>> | undefined
  /**
   * Resolves when the pod's subscription is live, or Redis is unreachable. Undefined after that.
   */
  listening: Promise<void> | undefined
}

export type ConversationFeedsOptions = {
  readonly log: Pick<EntryLog, 'page'>
  readonly bus: {
    subscribe(conversations: Iterable<ConversationId>): Promise<void>
    unsubscribe(conversations: Iterable<ConversationId>): void
  }
  /** Called when the leaves of a conversation have changed, in the log's order. */
  readonly onDelta: (delta: LeafDelta) => void
  readonly onHealError: (error: unknown) => void
  readonly traces?: Pick<Traces, 'delivering'> | undefined
  readonly recent?: RecentEntries
}

const healPage = { maxEntries: 200, maxBytes: 256 * 1024 } as const

/**
 * Delivers new entries to the readers on this pod. An entry may come from this pod's writer, the
 * bus or a read of the log. It is offered to each reader once, in the log's order. A missing entry
 * is read from the log as soon as a later entry, a sweep or a reader's position shows that it
 * exists.
 */
export class ConversationFeeds {
  readonly #options: ConversationFeedsOptions
  readonly #recent: RecentEntries
  readonly #feeds = new Map<ConversationId, ConversationFeed>()
  readonly #byKey = new Map<ConversationKey, ConversationFeed>()
  /** Gaps that could not be read. */
  readonly #unhealed = new Set<ConversationFeed>()
  /** Gaps found since the start. */
  healCount = 0

  constructor(options: ConversationFeedsOptions) {
    this.#options = options
    this.#recent = options.recent ?? new RecentEntries()
  }

  get count(): number {
    return this.#feeds.size
  }

  find(conversation: ConversationId): ConversationFeed | undefined {
    return this.#feeds.get(conversation)
  }

  /** Adds a reader. `head`: the log reaches at least this position. */
  join(subscription: DeviceSubscription, head: number): ConversationFeed {
    const feed = this.#feeds.get(subscription.conversation) ?? this.#open(subscription, head)
    if (!feed.subscriptions.includes(subscription)) feed.subscriptions = feed.subscriptions.concat(subscription)
    this.#raise(feed, head, 'join')
    return feed
  }

  leave(subscription: DeviceSubscription): void {
    const feed = this.#feeds.get(subscription.conversation)
    if (!feed?.subscriptions.includes(subscription)) return
    feed.subscriptions = feed.subscriptions.filter((one) => one !== subscription)
    if (feed.subscriptions.length > 0) return
    this.#feeds.delete(feed.conversation)
    this.#byKey.delete(feed.key)
    this.#unhealed.delete(feed)
    this.#recent.drop(feed.conversation)
    this.#options.bus.unsubscribe([feed.conversation])
  }

  /**
   * Takes an entry that this pod or another has committed. It may come twice, late, or before an
   * earlier one.
   */
  accept(delivery: Omit<Delivery, 'key'>, via: 'writer' | 'bus'): void {
    const { conversation, seq, delta } = delivery
    const feed = this.#feeds.get(conversation)
    if (feed === undefined) {
      if (delta) this.#options.onDelta(delta)
    } else if (seq === feed.head + 1) this.#append(feed, toEntry(delivery), via)
    else this.#raise(feed, seq, 'gap')
  }

  /** Offers a signal to the readers on this pod, except for the device that sent it. */
  signal(conversation: ConversationId, sender: DeviceKey, frame: Buffer): void {
    const feed = this.#feeds.get(conversation)
    if (feed === undefined) return
    const wire = textFrame(frame)
    for (const subscription of feed.subscriptions) {
      if (subscription.device !== sender) subscription.reader.offerSignal(subscription, wire)
    }
  }

  /** Notes that the log of this conversation reaches `head`. */
  reaches(key: ConversationKey, head: number): void {
    const feed = this.#byKey.get(key)
    if (feed) this.#raise(feed, head, 'sweep')
  }

  /** Reads the gaps again that could not be read. */
  retry(): void {
    for (const feed of this.#unhealed) this.#raise(feed, feed.target, 'sweep')
  }

  /**
   * Returns the entries after `after`, oldest first, from memory if possible. Only retention leaves
   * gaps between them.
   */
  read(
    feed: ConversationFeed,
    after: number,
    maxEntries: number,
    maxBytes: number,
  ): readonly WireEntry[] | Promise<readonly WireEntry[]> {
    return this.#recent.after(feed.conversation, after) ?? this.#page(feed, after, maxEntries, maxBytes)
  }

  #open({ conversation, key }: DeviceSubscription, head: number): ConversationFeed {
    const listening = this.#options.bus.subscribe([conversation]).then(() => {
      feed.listening = undefined
    })
    const feed: ConversationFeed = {
      conversation,
      key,
      head,
      target: head,
      isHealing: false,
      subscriptions: [],
      pages: undefined,
      listening,
    }
    this.#feeds.set(conversation, feed)
    this.#byKey.set(key, feed)
    return feed
  }

  #append(feed: ConversationFeed, entry: WireEntry, via: Via): void {
    feed.head = entry.seq
    feed.target = Math.max(feed.target, entry.seq)
    this.#recent.add(entry)
    const { subscriptions } = feed
    const traced = this.#options.traces?.delivering(entry, via)
    for (const subscription of subscriptions) subscription.reader.offer(subscription, entry)
    traced?.(subscriptions.length, subscriptions.filter(({ at }) => at === entry.seq).length)
    if (entry.delta) this.#options.onDelta(entry.delta)
  }

  #raise(feed: ConversationFeed, head: number, via: Via): void {
    feed.target = Math.max(feed.target, head)
    if (feed.target <= feed.head || feed.isHealing) return
    this.healCount++
    feed.isHealing = true
    this.#heal(feed, via).then(
      () => this.#unhealed.delete(feed),
      (error: unknown) => {
        this.#unhealed.add(feed)
        this.#options.onHealError(error)
      },
    )
  }

  async #heal(feed: ConversationFeed, via: Via): Promise<void> {
    try {
      while (feed.target > feed.head && this.#feeds.get(feed.conversation) === feed) {
        const page = await this.#page(feed, feed.head, healPage.maxEntries, healPage.maxBytes)
        if (this.#feeds.get(feed.conversation) !== feed) return
        // Retention deleted them. The next entry shows the gap to each reader, which tells its
        // device.
        if (page.length === 0) feed.target = feed.head
        for (const entry of page) if (entry.seq > feed.head) this.#append(feed, entry, via)
      }
    } finally {
      feed.isHealing = false
    }
  }

  #page(feed: ConversationFeed, after: number, maxEntries: number, maxBytes: number): Promise<readonly WireEntry[]> {
    feed.pages ??= new Map()
    const { pages } = feed
    const shared = pages.get(after)
    if (shared) return shared
    const page = this.#options.log.page(feed.key, after, maxEntries, maxBytes).then((read) => read.map(toEntry))
    pages.set(after, page)
    const forget = () => {
      pages.delete(after)
      if (pages.size === 0 && feed.pages === pages) feed.pages = undefined
    }
    page.then(forget, forget)
    return page
  }
}

function toEntry({ conversation, seq, kind, delta, frame }: Omit<Delivery, 'key'>): WireEntry {
  return { conversation, seq, kind, wire: textFrame(frame), ...(delta && { delta }) }
}
