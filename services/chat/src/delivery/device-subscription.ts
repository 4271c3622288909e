import type { ConversationId } from '@fastchat/schema'
import { endedAt, type Intervals, nextVisible, type Range, withInterval } from '../domain/intervals.ts'
import type { ConversationKey, DeviceKey, Position } from '../domain/ports.ts'
import type { Entry } from '../domain/recent-entries.ts'

/** Takes the new entries of a conversation, in order and without a gap. */
export type Reader = { offer(subscription: DeviceSubscription, entry: Entry): void }

/** How far one connection has got in one conversation, and what it may receive of it. */
export class DeviceSubscription {
  readonly reader: Reader
  readonly device: DeviceKey
  readonly conversation: ConversationId
  readonly key: ConversationKey
  #intervals: Intervals = []
  /** The last position delivered, or skipped since it is not for this device. */
  at: number
  /** The device's cursor in the store, as far as this connection knows. */
  savedSeq: number
  /** Everything up to here is gone from the log. */
  floor = 0
  /** Where nothing ever was since a restore, sorted. */
  gaps: readonly Range[] = []
  /** Behind the conversation's feed: the device's feed reads what is missing, and new entries wait for that. */
  isLagging = false
  /** Seq and bytes in turns of what is delivered and not yet acked, in order. Bounded by the connection's credit. */
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

  /** The next position to deliver, be it there yet or not; undefined when there will be none. */
  get next(): number | undefined {
    return nextVisible(this.#intervals, this.at)
  }

  /** What the store says about one leaf of the device; maybe older than what the log has already said. */
  learn({ fromSeq, toSeq, floorSeq, gaps }: Pick<Position, 'fromSeq' | 'toSeq' | 'floorSeq' | 'gaps'>): void {
    this.#intervals = withInterval(this.#intervals, { from: fromSeq, to: toSeq })
    this.floor = Math.max(this.floor, floorSeq)
    this.gaps = gaps
  }

  /**
   * Every entry passes here, in order, so the one that removes the device is followed by nothing, unless the store has told
   * of its next leaf.
   */
  delivered({ seq, wire, delta }: Entry): void {
    this.at = seq
    this.#outstanding ??= []
    this.#outstanding.push(seq, wire.length)
    if (delta?.removed.includes(this.device)) this.#intervals = endedAt(this.#intervals, seq)
    if (delta?.added.includes(this.device))
      this.#intervals = withInterval(this.#intervals, { from: seq, to: undefined })
  }

  /** Takes what is acked up to `seq` off the outstanding ones; gives back its count and size. */
  acked(seq: number): { readonly messages: number; readonly bytes: number } {
    const outstanding = this.#outstanding ?? []
    let at = 0
    let bytes = 0
    // Both are there for each entry.
    for (; at < outstanding.length && outstanding[at]! <= seq; at += 2) bytes += outstanding[at + 1]!
    outstanding.splice(0, at)
    return { messages: at / 2, bytes }
  }

  /** Goes on after `seq`; gives back the count and size of what was outstanding and is forgotten. */
  moveTo(seq: number): { readonly messages: number; readonly bytes: number } {
    this.at = seq
    return this.acked(Number.POSITIVE_INFINITY)
  }
}
