import { type ConversationId, type GroupNo, limits, type Seq } from '@fastchat/schema'
import { cutAt, visibleUpTo } from '../domain/intervals.ts'
import type { Invitation, Log, Memberships, Position, Session } from '../domain/ports.ts'
import type { Entry } from '../domain/recent-entries.ts'
import type { Traces } from '../domain/traces.ts'
import type { Connection } from '../socket/connection.ts'
import type { ConversationFeed, ConversationFeeds } from './conversation-feeds.ts'
import { Credit } from './credit.ts'
import type { CursorSaver } from './cursor-saver.ts'
import { DeviceSubscription } from './device-subscription.ts'
import { type MembershipOwner, MembershipReader } from './membership-reader.ts'

/** What the feed needs of a connection. */
export type Outlet = Pick<Connection, 'send' | 'write' | 'close' | 'isFull' | 'onDrain'>

export type FeedOptions = {
  readonly session: Session
  readonly connection: Outlet
  readonly log: Pick<Log, 'memberships'>
  readonly feeds: ConversationFeeds
  readonly cursors: Pick<CursorSaver, 'note'>
  readonly counts: { deliveries: number }
  readonly traces?: Pick<Traces, 'delivering'> | undefined
  /** From `hello`; they go before the ones in the store. */
  readonly given: ReadonlyMap<ConversationId, number>
  readonly nowMs: () => number
  readonly onReadError: (error: unknown) => void
}

/** No ack for this long with the credit used up: the device hangs, or is no device. It resumes where it acked. */
export const slowAfterMs = 30_000

/**
 * What flows to one device: of each conversation everything that it may receive, once, in order, from where it left off;
 * never more ahead of its acks than the credit. A subscription is either in step with the conversation's feed (new entries go straight on) or
 * lagging: then the pump reads on for it, a page at a time, in turns with the others, until it is in step again.
 */
export class DeviceFeed implements MembershipOwner {
  readonly #options: Omit<FeedOptions, 'given'>
  readonly #membership: MembershipReader
  readonly #subscriptions = new Map<ConversationId, DeviceSubscription>()
  /** Those that lag, next in turn first. */
  readonly #queue = new Set<DeviceSubscription>()
  readonly #credit: Credit
  /** The last invitation that the device was told of. */
  #told: Map<ConversationId, string> | undefined
  #given: ReadonlyMap<ConversationId, number>
  #isPumping = false
  /** After a failed read, until the next tick. */
  #isPaused = false
  #isClosed = false
  #isSynced = false
  #isKnown = false
  /** Set while a caller waits for the first read of what the device may receive. */
  #firstRead: PromiseWithResolvers<void> | undefined

  constructor({ given, ...options }: FeedOptions) {
    this.#options = options
    this.#given = given.size > 0 ? given : none
    this.#credit = new Credit(limits.creditMessages, limits.creditBytes, options.nowMs())
    this.#membership = new MembershipReader(options.log, options.session, this)
    options.connection.onDrain(() => this.#pump())
  }

  /** Reads from the store what the device may receive, now that this has changed or may have. */
  refresh(): void {
    this.#membership.refresh()
  }

  /** Takes a new entry of a conversation. */
  offer(subscription: DeviceSubscription, entry: Entry): void {
    if (subscription.isLagging) return
    const next = subscription.next
    if (next === undefined || next > entry.seq) return
    if (next === entry.seq && this.#mayDeliver()) this.#deliver(subscription, entry)
    else this.#lag(subscription)
  }

  /** Everything up to `seq` is safe on the device. More than was delivered is not believed. */
  ack(conversation: ConversationId, seq: number): void {
    const subscription = this.#subscriptions.get(conversation)
    if (subscription === undefined) return
    const upTo = Math.min(seq, subscription.at)
    this.#credit.giveBack(subscription.acked(upTo), this.#options.nowMs())
    this.#saveCursor(subscription, upTo)
    this.#pump()
  }

  /** The device has acked all that it may receive. */
  get isQuiet(): boolean {
    return this.#isSynced && this.#queue.size === 0 && this.#credit.isUnused
  }

  /** Resolves when `has` is right: what the device may receive was read once, or the feed is closed. */
  async known(): Promise<void> {
    if (this.#isKnown || this.#isClosed) return
    this.#firstRead ??= Promise.withResolvers()
    await this.#firstRead.promise
  }

  /** Whether the device may read, or could once read, this conversation. */
  has(conversation: ConversationId): boolean {
    return this.#subscriptions.has(conversation)
  }

  /** Delivers again from `after` on. */
  rewind(conversation: ConversationId, after: number): void {
    const subscription = this.#subscriptions.get(conversation)
    if (subscription === undefined) return
    const head = Math.max(subscription.at, this.#options.feeds.find(conversation)?.head ?? 0)
    this.#credit.giveBack(subscription.moveTo(Math.min(after, head)), this.#options.nowMs())
    if (subscription.next !== undefined) this.#options.feeds.join(subscription, head)
    this.#lag(subscription)
  }

  /** Once a second or so. */
  tick(): void {
    if (this.#credit.exhaustedForMs(this.#options.nowMs()) > slowAfterMs) this.#options.connection.close('slow')
    if (!this.#isPaused) return
    this.#isPaused = false
    this.refresh()
    this.#pump()
  }

  close(): void {
    this.#isClosed = true
    this.#membership.close()
    this.#firstRead?.resolve()
    for (const subscription of this.#subscriptions.values()) this.#options.feeds.leave(subscription)
    this.#subscriptions.clear()
    this.#queue.clear()
  }

  takeMemberships({ positions, invitations }: Memberships): (Promise<void> | undefined)[] {
    for (const invitation of invitations) this.#tell(invitation)
    const opened = positions.filter((position) => this.#open(position))
    return opened.map(({ conversation }) => this.#options.feeds.find(conversation)?.listening)
  }

  onMembershipsRead(): void {
    this.#given = none
    this.#isKnown = true
    this.#firstRead?.resolve()
    this.#firstRead = undefined
    this.#pump()
  }

  onMembershipsError(error: unknown): void {
    this.#isPaused = true
    this.#options.onReadError(error)
  }

  #saveCursor(subscription: DeviceSubscription, seq: number): void {
    if (seq <= subscription.savedSeq) return
    subscription.savedSeq = seq
    this.#options.cursors.note(this.#options.session.device, subscription.key, seq)
  }

  /** True if new entries of the conversation may still pass this pod by. */
  #open(position: Position): boolean {
    const { feeds, session } = this.#options
    let subscription = this.#subscriptions.get(position.conversation)
    if (subscription === undefined) {
      const at = Math.min(this.#given.get(position.conversation) ?? position.cursor, position.lastSeq)
      subscription = new DeviceSubscription(this, session.device, position, at)
      this.#subscriptions.set(position.conversation, subscription)
      this.#saveCursor(subscription, at)
    } else subscription.learn(position)
    if (subscription.next === undefined) return false
    const feed = feeds.join(subscription, position.lastSeq)
    if (subscription.next <= feed.head) this.#lag(subscription)
    return feed.listening !== undefined
  }

  #tell({ conversation, kind, groupNo, seq, join }: Invitation): void {
    const name = `${groupNo}:${seq}:${join}`
    const isOpened = join === 'welcome' && (this.#given.get(conversation) ?? 0) >= seq
    if (isOpened || this.#told?.get(conversation) === name) return
    this.#told ??= new Map()
    this.#told.set(conversation, name)
    // The casts hold here and below: what comes out of the log has the contract's ranges.
    const place = { groupNo: groupNo as GroupNo, seq: seq as Seq }
    this.#options.connection.send({ t: 'welcome', conversation, kind, ...place, join })
  }

  #lag(subscription: DeviceSubscription): void {
    subscription.isLagging = true
    this.#queue.add(subscription)
    this.#pump()
  }

  #mayDeliver(): boolean {
    return !this.#isClosed && !this.#credit.isExhausted && !this.#options.connection.isFull
  }

  #pump(): void {
    if (this.#isPumping || this.#isPaused) return
    void this.#run()
  }

  async #run(): Promise<void> {
    this.#isPumping = true
    try {
      while (this.#mayDeliver()) {
        const [subscription] = this.#queue
        if (subscription === undefined) return this.#caughtUp()
        this.#queue.delete(subscription)
        try {
          await this.#readOn(subscription)
        } finally {
          if (subscription.isLagging && !this.#isClosed) this.#queue.add(subscription)
        }
      }
    } catch (error) {
      this.#isPaused = true
      this.#options.onReadError(error)
    } finally {
      this.#isPumping = false
    }
  }

  async #readOn(subscription: DeviceSubscription): Promise<void> {
    const feed = this.#options.feeds.find(subscription.conversation)
    const next = subscription.next
    if (feed === undefined || next === undefined || next > feed.head) {
      subscription.isLagging = false
      if (next === undefined) this.#options.feeds.leave(subscription)
      return
    }
    if (next <= subscription.floor) return this.#skip(subscription, subscription.floor)
    const gap = subscription.gaps.find(({ from, to }) => from <= next && next <= to)
    if (gap) return this.#skip(subscription, gap.to)
    const entries = await this.#page(feed, next - 1)
    if (this.#isClosed || subscription.next !== next) return
    if (entries.length === 0) throw new Error('the log ends before its head')
    for (const entry of entries) {
      if (!this.#mayDeliver()) return
      if ((subscription.next ?? entry.seq) < entry.seq) this.#skip(subscription, entry.seq - 1)
      if (subscription.next === entry.seq) this.#deliverLate(subscription, entry)
    }
  }

  #page(feed: ConversationFeed, after: number): readonly Entry[] | Promise<readonly Entry[]> {
    const maxEntries = Math.min(limits.maxPage, this.#credit.messages)
    return this.#options.feeds.read(feed, after, maxEntries, Math.min(maxPageBytes, this.#credit.bytes))
  }

  /** The log no longer has what the device has not seen of it up to `upTo`, and says so. */
  #skip(subscription: DeviceSubscription, upTo: number): void {
    const { conversation, gaps } = subscription
    const missing = visibleUpTo(subscription.intervals, subscription.at, upTo).flatMap((range) => cutAt(range, gaps))
    for (const { from, to, isGap } of missing) {
      const range = { from: from as Seq, to: to as Seq }
      this.#options.connection.send({ t: 'gap', conversation, ...range, reason: isGap ? 'restore' : 'retention' })
      subscription.at = to
    }
  }

  /** Counts a delivery that the conversation's feed has not counted. */
  #deliverLate(subscription: DeviceSubscription, entry: Entry): void {
    const traced = this.#options.traces?.delivering(entry, 'backlog')
    this.#deliver(subscription, entry)
    traced?.(1, 1)
  }

  #deliver(subscription: DeviceSubscription, entry: Entry): void {
    this.#options.connection.write(entry.wire)
    subscription.delivered(entry)
    this.#options.counts.deliveries++
    this.#credit.take(entry.wire.length, this.#options.nowMs)
    if (subscription.next === undefined) this.#options.feeds.leave(subscription)
  }

  #caughtUp(): void {
    if (this.#isSynced || !this.#membership.isRead) return
    this.#isSynced = true
    this.#options.connection.send({ t: 'synced' })
  }
}

const none: ReadonlyMap<ConversationId, number> = new Map()

/** Bytes in one read of the log, so that a connection's turn stays short. */
const maxPageBytes = 256 * 1024
