import type { MonotonicMs } from '@fastchat/clock'
import { limits, type Seq } from '@fastchat/schema'
import { cutAt, visibleUpTo } from '../domain/intervals.ts'
import type { WireEntry } from '../domain/recent-entries.ts'
import type { Connection } from '../socket/connection.ts'
import type { ConversationFeeds } from './conversation-feeds.ts'
import { Credit } from './credit.ts'
import type { DeviceSubscription } from './device-subscription.ts'

/** The part of a connection that deliveries use. */
export type DeliveryConnection = Pick<Connection, 'send' | 'write' | 'close' | 'isFull' | 'onDrain'>

export type OutletDeps = {
  readonly feeds: Pick<ConversationFeeds, 'leave'>
  readonly counts: { deliveries: number }
  readonly monotonicMs: () => MonotonicMs
}

/**
 * A device that acks nothing for this long with its credit exhausted hangs. It resumes where it
 * acked.
 */
export const slowAfterMs = 30_000

/**
 * Writes entries to one device's connection, as far as its credit and the connection's queue allow.
 */
export class DeviceOutlet {
  readonly credit: Credit
  readonly #deps: OutletDeps
  readonly #connection: DeliveryConnection
  #isClosed = false

  constructor(deps: OutletDeps, connection: DeliveryConnection) {
    this.#deps = deps
    this.#connection = connection
    this.credit = new Credit(limits.creditMessages, limits.creditBytes, deps.monotonicMs())
  }

  /** Whether the device can be given another entry now. */
  get isReady(): boolean {
    return !this.#isClosed && !this.credit.isExhausted && !this.#connection.isFull
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  deliver(subscription: DeviceSubscription, entry: WireEntry): void {
    this.#connection.write(entry.wire)
    subscription.delivered(entry)
    this.#deps.counts.deliveries++
    this.credit.take(entry.wire.length, this.#deps.monotonicMs)
    if (subscription.next === undefined) this.#deps.feeds.leave(subscription)
  }

  /** Tells the device which entries up to `upTo` are gone from the log, and moves it past them. */
  skip(subscription: DeviceSubscription, upTo: number): void {
    const { conversation, gaps } = subscription
    const missing = visibleUpTo(subscription.intervals, subscription.at, upTo).flatMap((range) => cutAt(range, gaps))
    for (const { from, to, isGap } of missing) {
      // The casts hold, since positions from the log have the contract's range.
      const range = { from: from as Seq, to: to as Seq }
      this.#connection.send({ t: 'gap', conversation, ...range, reason: isGap ? 'restore' : 'retention' })
      subscription.at = to
    }
  }

  /** Gives back the credit of entries up to `seq`, which the device has acked. */
  acked(subscription: DeviceSubscription, seq: number): void {
    this.credit.giveBack(subscription.acked(seq), this.#deps.monotonicMs())
  }

  /**
   * Continues after `seq`. Gives back the credit of the entries that were delivered and not acked.
   */
  moveTo(subscription: DeviceSubscription, seq: number): void {
    this.credit.giveBack(subscription.moveTo(seq), this.#deps.monotonicMs())
  }

  /** Closes the connection of a device that acks nothing. Call it about once a second. */
  closeIfSlow(): void {
    if (this.credit.exhaustedForMs(this.#deps.monotonicMs()) > slowAfterMs) this.#connection.close('slow')
  }

  /** Delivers nothing from now on. The connection stays as it is. */
  close(): void {
    this.#isClosed = true
  }
}
