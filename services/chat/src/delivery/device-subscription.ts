import type { ConversationId } from '@fastchat/schema'
import { endedAt, type Intervals, nextVisible, type Range, withInterval } from '../domain/intervals.ts'
import type { ConversationKey, DeviceKey, Position } from '../domain/ports.ts'
import type { WireEntry } from '../domain/recent-entries.ts'
import type { MessageCount } from './credit.ts'

/** A reader takes the new entries of a conversation, in order and without a gap. */
export type Reader = {
  offer(subscription: DeviceSubscription, entry: WireEntry): void
  /** Takes a signal, which is not part of the log. */
  offerSignal(subscription: DeviceSubscription, wire: Buffer): void
}

/** The position of one connection in one conversation, and the entries that it may receive. */
export class DeviceSubscription {
  readonly reader: Reader
  readonly device: DeviceKey
  readonly conversation: ConversationId
  readonly key: ConversationKey
  #intervals: Intervals = []
  /** The last position that was delivered, or skipped because it is not for this device. */
  at: number
  /** The device's cursor in the store, as far as this connection knows. */
  savedSeq: number
  /** Retention has deleted all entries up to here. */
  floor = 0
  /** Positions that a restore of the database skipped, sorted. */
  gaps: readonly Range[] = []
  /**
   * Whether it is behind the conversation's feed. Then the backlog reads the missing entries, and
   * new ones wait.
   */
  isLagging = false
  /**
   * The position and size of each delivered, unacked entry, in turns and in order. The credit
   * bounds it.
   */
  #outstanding: number[] | undefined

  constructor(reader: Reader, device: DeviceKey, position: Position, at: number) {
    this.reader = reader
    this.device = device
    this.conversation = position.conversation
    this.key = position.key
    this.at = at
    this.savedSeq = position.cursor
    this.learn(position)
  }

  get intervals(): Intervals {
    return this.#intervals
  }

  /** Whether the device has a leaf now, as far as this connection has read the log. */
  get hasLeaf(): boolean {
    return this.#intervals.some(({ to }) => to === undefined)
  }

  /**
   * The next position to deliver, whether it exists yet or not. Undefined if there will be none.
   */
  get next(): number | undefined {
    return nextVisible(this.#intervals, this.at)
  }

  /**
   * Takes the store's view of one leaf of the device. It may be older than what the log has shown.
   */
  learn({ fromSeq, toSeq, floorSeq, gaps }: Pick<Position, 'fromSeq' | 'toSeq' | 'floorSeq' | 'gaps'>): void {
    this.#intervals = withInterval(this.#intervals, { from: fromSeq, to: toSeq })
    this.floor = Math.max(this.floor, floorSeq)
    this.gaps = gaps
  }

  /**
   * Notes a delivered entry. Each entry passes here in order. So no entry follows the one that
   * removes the device, unless the store has shown its next leaf.
   */
  delivered({ seq, wire, delta }: WireEntry): void {
    this.at = seq
    this.#outstanding ??= []
    this.#outstanding.push(seq, wire.length)
    if (delta?.removed.includes(this.device)) this.#intervals = endedAt(this.#intervals, seq)
    if (delta?.added.includes(this.device))
      this.#intervals = withInterval(this.#intervals, { from: seq, to: undefined })
  }

  /**
   * Removes the outstanding entries up to `seq`, which are acked. Returns their number and size.
   */
  acked(seq: number): MessageCount {
    const outstanding = this.#outstanding ?? []
    let at = 0
    let bytes = 0
    // Each entry has both values.
    for (; at < outstanding.length && outstanding[at]! <= seq; at += 2) bytes += outstanding[at + 1]!
    outstanding.splice(0, at)
    return { messages: at / 2, bytes }
  }

  /**
   * Continues after `seq`. Returns the number and size of the outstanding entries, which it
   * forgets.
   */
  moveTo(seq: number): MessageCount {
    this.at = seq
    return this.acked(Number.POSITIVE_INFINITY)
  }
}
