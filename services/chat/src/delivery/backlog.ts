import { limits } from '@fastchat/schema'
import type { WireEntry } from '../domain/recent-entries.ts'
import type { Traces } from '../domain/traces.ts'
import type { ConversationFeed, ConversationFeeds } from './conversation-feeds.ts'
import type { DeviceOutlet } from './device-outlet.ts'
import type { DeviceSubscription } from './device-subscription.ts'

export type BacklogDeps = {
  readonly feeds: Pick<ConversationFeeds, 'find' | 'leave' | 'read'>
  readonly traces?: Pick<Traces, 'delivering'> | undefined
}

/**
 * The owner of the device. One object instead of two callbacks, since a full pod holds very many.
 */
export type BacklogOwner = {
  /** Called when no subscription lags. */
  onCaughtUp(): void
  /** Called when the log could not be read. The backlog then waits for `resume`. */
  onBacklogError(error: unknown): void
}

/** The size of one read of the log, so that one device's turn stays short. */
const maxPageBytes = 256 * 1024

/**
 * Reads the entries that one device's lagging subscriptions miss. They take turns: each turn reads
 * and delivers a page, until the subscription is in step with its conversation's feed. It reads
 * only while the device can be given entries.
 */
export class Backlog {
  readonly #deps: BacklogDeps
  readonly #outlet: DeviceOutlet
  readonly #owner: BacklogOwner
  /** The lagging subscriptions, next in turn first. */
  readonly #lagging = new Set<DeviceSubscription>()
  #isRunning = false
  #isPaused = false

  constructor(deps: BacklogDeps, outlet: DeviceOutlet, owner: BacklogOwner) {
    this.#deps = deps
    this.#outlet = outlet
    this.#owner = owner
  }

  get isEmpty(): boolean {
    return this.#lagging.size === 0
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Adds a subscription that lags. */
  add(subscription: DeviceSubscription): void {
    subscription.isLagging = true
    this.#lagging.add(subscription)
    this.run()
  }

  /** Continues reading, unless it is paused or running already. */
  run(): void {
    if (!this.#isRunning && !this.#isPaused) void this.#run()
  }

  /** Stops reading after a failed read. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.run()
  }

  clear(): void {
    this.#lagging.clear()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    try {
      while (this.#outlet.isReady) {
        const [subscription] = this.#lagging
        if (subscription === undefined) return this.#owner.onCaughtUp()
        this.#lagging.delete(subscription)
        try {
          await this.#readOn(subscription)
        } finally {
          if (subscription.isLagging && !this.#outlet.isClosed) this.#lagging.add(subscription)
        }
      }
    } catch (error) {
      this.#isPaused = true
      this.#owner.onBacklogError(error)
    } finally {
      this.#isRunning = false
    }
  }

  async #readOn(subscription: DeviceSubscription): Promise<void> {
    const { feeds } = this.#deps
    const feed = feeds.find(subscription.conversation)
    const next = subscription.next
    if (feed === undefined || next === undefined || next > feed.head) {
      subscription.isLagging = false
      if (next === undefined) feeds.leave(subscription)
      return
    }
    if (next <= subscription.floor) return this.#outlet.skip(subscription, subscription.floor)
    const gap = subscription.gaps.find(({ from, to }) => from <= next && next <= to)
    if (gap) return this.#outlet.skip(subscription, gap.to)
    const entries = await this.#page(feed, next - 1)
    if (this.#outlet.isClosed || subscription.next !== next) return
    if (entries.length === 0) throw new Error('the log ends before its head')
    for (const entry of entries) {
      if (!this.#outlet.isReady) return
      if ((subscription.next ?? entry.seq) < entry.seq) this.#outlet.skip(subscription, entry.seq - 1)
      if (subscription.next === entry.seq) this.#deliver(subscription, entry)
    }
  }

  #page(feed: ConversationFeed, after: number): readonly WireEntry[] | Promise<readonly WireEntry[]> {
    const { messages, bytes } = this.#outlet.credit
    return this.#deps.feeds.read(feed, after, Math.min(limits.maxPage, messages), Math.min(maxPageBytes, bytes))
  }

  /** Delivers an entry and traces it. The conversation's feed has not traced this delivery. */
  #deliver(subscription: DeviceSubscription, entry: WireEntry): void {
    const traced = this.#deps.traces?.delivering(entry, 'backlog')
    this.#outlet.deliver(subscription, entry)
    traced?.(1, 1)
  }
}
