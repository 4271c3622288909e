import type { ConversationId, DeviceId, GroupNo, Seq } from '@fastchat/schema'
import type { ConversationKey, EntryLog, Invitation, Memberships, Position, Session } from '../domain/ports.ts'
import type { WireEntry } from '../domain/recent-entries.ts'
import { Backlog, type BacklogDeps, type BacklogOwner } from './backlog.ts'
import type { ConversationFeeds } from './conversation-feeds.ts'
import type { CursorSaver } from './cursor-saver.ts'
import { type DeliveryConnection, DeviceOutlet, type OutletDeps } from './device-outlet.ts'
import { DeviceSubscription, type Reader } from './device-subscription.ts'
import { type MembershipOwner, MembershipReader } from './membership-reader.ts'

/** The parts of the pod that all devices' feeds use. */
export type DeviceFeedDeps = Omit<OutletDeps & BacklogDeps, 'feeds'> & {
  readonly feeds: ConversationFeeds
  readonly cursors: Pick<CursorSaver, 'note'>
  readonly onReadError: (error: unknown, device: DeviceId) => void
}

/** The connection that the feed is for, with its claims. */
export type FeedTarget = {
  readonly session: Session
  readonly connection: DeliveryConnection
  readonly log: Pick<EntryLog, 'memberships'>
  /** Cursors from `hello`. They take precedence over those in the store. */
  readonly helloCursors: ReadonlyMap<ConversationId, number>
}

const none: ReadonlyMap<ConversationId, number> = new Map()

/**
 * Delivers to one device each entry that it may receive, once and in order, from its cursors on. It
 * never runs further ahead of the device's acks than the credit. A subscription in step with its
 * conversation's feed passes new entries straight on. A lagging one waits in the backlog, which
 * reads the missing entries until it is in step again.
 */
export class DeviceFeed implements MembershipOwner, BacklogOwner, Reader {
  readonly #deps: DeviceFeedDeps
  readonly #session: Session
  readonly #connection: DeliveryConnection
  readonly #membership: MembershipReader
  readonly #outlet: DeviceOutlet
  readonly #backlog: Backlog
  readonly #subscriptions = new Map<ConversationId, DeviceSubscription>()
  /** The last invitation that the device was told of, by conversation. */
  #toldInvitations: Map<ConversationId, string> | undefined
  #helloCursors: ReadonlyMap<ConversationId, number>
  #isSynced = false
  #isKnown = false
  /** Set while a caller waits for the first read of what the device may receive. */
  #firstRead: PromiseWithResolvers<void> | undefined

  constructor(deps: DeviceFeedDeps, { session, connection, log, helloCursors }: FeedTarget) {
    this.#deps = deps
    this.#session = session
    this.#connection = connection
    this.#helloCursors = helloCursors.size > 0 ? helloCursors : none
    this.#outlet = new DeviceOutlet(deps, connection)
    this.#backlog = new Backlog(deps, this.#outlet, this)
    this.#membership = new MembershipReader(log, session, this)
    connection.onDrain(() => this.#backlog.run())
  }

  /** Reads again what the device may receive, since that has changed or may have changed. */
  refresh(): void {
    this.#membership.refresh()
  }

  /** Takes a new entry of a conversation. */
  offer(subscription: DeviceSubscription, entry: WireEntry): void {
    if (subscription.isLagging) return
    const next = subscription.next
    if (next === undefined || next > entry.seq) return
    if (next === entry.seq && this.#outlet.isReady) this.#outlet.deliver(subscription, entry)
    else this.#backlog.add(subscription)
  }

  /**
   * Takes a signal of another device. A device without a leaf, one that is behind, and a slow
   * connection get none.
   */
  offerSignal(subscription: DeviceSubscription, wire: Buffer): void {
    if (subscription.hasLeaf && !subscription.isLagging && this.#outlet.isReady) this.#connection.write(wire)
  }

  /**
   * Notes that the device has stored all entries up to `seq`. An ack beyond the last delivery
   * counts up to that.
   */
  ack(conversation: ConversationId, seq: number): void {
    const subscription = this.#subscriptions.get(conversation)
    if (subscription === undefined) return
    const upTo = Math.min(seq, subscription.at)
    this.#outlet.acked(subscription, upTo)
    this.#saveCursor(subscription, upTo)
    this.#backlog.run()
  }

  /** Whether the device has acked all that it may receive. */
  get isQuiet(): boolean {
    return this.#isSynced && this.#backlog.isEmpty && this.#outlet.credit.isUnused
  }

  /**
   * Resolves once `has` is right: after the first read of what the device may receive, or at the
   * close.
   */
  async membershipsRead(): Promise<void> {
    if (this.#isKnown || this.#outlet.isClosed) return
    this.#firstRead ??= Promise.withResolvers()
    await this.#firstRead.promise
  }

  /** Whether the device may read this conversation, or could once. */
  has(conversation: ConversationId): boolean {
    return this.#subscriptions.has(conversation)
  }

  /** Whether the device has a leaf in this conversation now. */
  hasLeaf(conversation: ConversationId): boolean {
    return this.#subscriptions.get(conversation)?.hasLeaf ?? false
  }

  /** Returns the key of a conversation that the device may read, or could once. */
  keyOf(conversation: ConversationId): ConversationKey | undefined {
    return this.#subscriptions.get(conversation)?.key
  }

  /** Delivers again from `after` on. */
  rewind(conversation: ConversationId, after: number): void {
    const subscription = this.#subscriptions.get(conversation)
    if (subscription === undefined) return
    const { feeds } = this.#deps
    const head = Math.max(subscription.at, feeds.find(conversation)?.head ?? 0)
    this.#outlet.moveTo(subscription, Math.min(after, head))
    if (subscription.next !== undefined) feeds.join(subscription, head)
    this.#backlog.add(subscription)
  }

  /** Closes a slow device, and retries a failed read. Call it about once a second. */
  tick(): void {
    this.#outlet.closeIfSlow()
    if (!this.#backlog.isPaused) return
    this.refresh()
    this.#backlog.resume()
  }

  close(): void {
    this.#outlet.close()
    this.#membership.close()
    this.#firstRead?.resolve()
    for (const subscription of this.#subscriptions.values()) this.#deps.feeds.leave(subscription)
    this.#subscriptions.clear()
    this.#backlog.clear()
  }

  takeMemberships({ positions, invitations }: Memberships): (Promise<void> | undefined)[] {
    for (const invitation of invitations) this.#tell(invitation)
    const opened = positions.filter((position) => this.#open(position))
    return opened.map(({ conversation }) => this.#deps.feeds.find(conversation)?.listening)
  }

  onMembershipsRead(): void {
    this.#helloCursors = none
    this.#isKnown = true
    this.#firstRead?.resolve()
    this.#firstRead = undefined
    this.#backlog.run()
  }

  onMembershipsError(error: unknown): void {
    this.#backlog.pause()
    this.#deps.onReadError(error, this.#session.deviceId)
  }

  onCaughtUp(): void {
    if (this.#isSynced || !this.#membership.isRead) return
    this.#isSynced = true
    this.#connection.send({ t: 'synced' })
  }

  onBacklogError(error: unknown): void {
    this.#deps.onReadError(error, this.#session.deviceId)
  }

  #saveCursor(subscription: DeviceSubscription, seq: number): void {
    if (seq <= subscription.savedSeq) return
    subscription.savedSeq = seq
    this.#deps.cursors.note(this.#session.device, subscription.key, seq)
  }

  /**
   * Subscribes to a conversation. Returns whether the pod may still miss entries of it, since its
   * own subscription is not live.
   */
  #open(position: Position): boolean {
    let subscription = this.#subscriptions.get(position.conversation)
    if (subscription === undefined) {
      const at = Math.min(this.#helloCursors.get(position.conversation) ?? position.cursor, position.lastSeq)
      subscription = new DeviceSubscription(this, this.#session.device, position, at)
      this.#subscriptions.set(position.conversation, subscription)
      this.#saveCursor(subscription, at)
    } else subscription.learn(position)
    if (subscription.next === undefined) return false
    const feed = this.#deps.feeds.join(subscription, position.lastSeq)
    if (subscription.next <= feed.head) this.#backlog.add(subscription)
    return feed.listening !== undefined
  }

  /** Tells the device of an invitation, unless it was told already or has opened the welcome. */
  #tell({ conversation, kind, groupNo, seq, join }: Invitation): void {
    const name = `${groupNo}:${seq}:${join}`
    const isOpened = join === 'welcome' && (this.#helloCursors.get(conversation) ?? 0) >= seq
    if (isOpened || this.#toldInvitations?.get(conversation) === name) return
    this.#toldInvitations ??= new Map()
    this.#toldInvitations.set(conversation, name)
    // The casts hold, since values from the log have the contract's ranges.
    const at = { groupNo: groupNo as GroupNo, seq: seq as Seq }
    this.#connection.send({ t: 'welcome', conversation, kind, ...at, join })
  }
}
