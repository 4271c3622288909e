import type { Faults } from './faults.ts'
import type { Lane, LaneListener } from './lane.ts'

type Message = { readonly fromMs: number; missing: number }

export type GroupOptions = {
  readonly members: number
  /**
   * The number of members that send, the first ones. They take turns, so message `n` (from 0) is
   * from sender `n % senders`.
   */
  readonly senders: number
  /**
   * True if the system acks, that is, says that a message is stored. Otherwise only deliveries are
   * awaited.
   */
  readonly hasAcks: boolean
  /** The most messages of one sender that may be unacked. */
  readonly maxUnacked: number
  /** Sends message `n` on its sender's connection. */
  readonly send: (n: number) => void
}

/**
 * Checks deliveries to a group: every member gets every message once, and those of one sender in
 * the order sent.
 */
export class Group implements Lane {
  readonly #options: GroupOptions
  readonly #listener: LaneListener
  readonly #faults: Faults
  readonly #open = new Map<number, Message>()
  /** The next message of each sender that each member must receive. */
  readonly #next: Int32Array
  /** The next message of each sender that must be acked. */
  readonly #nextAck: Int32Array
  #sent = 0

  constructor(options: GroupOptions, listener: LaneListener, faults: Faults) {
    this.#options = options
    this.#listener = listener
    this.#faults = faults
    const { members, senders } = options
    this.#next = Int32Array.from({ length: members * senders }, (_, at) => at % senders)
    this.#nextAck = Int32Array.from({ length: senders }, (_, at) => at)
  }

  get maySend(): boolean {
    const { senders, maxUnacked, hasAcks } = this.#options
    return !hasAcks || this.#sent - this.#nextAck[this.#sent % senders]! < maxUnacked * senders
  }

  get openCount(): number {
    return this.#open.size
  }

  get sentCount(): number {
    return this.#sent
  }

  get isIdle(): boolean {
    return this.#open.size === 0
  }

  send(fromMs: number): void {
    const n = this.#sent++
    this.#open.set(n, { fromMs, missing: this.#options.members + (this.#options.hasAcks ? 1 : 0) })
    this.#options.send(n)
  }

  received(member: number, n: number): void {
    const { senders } = this.#options
    const at = member * senders + (n % senders)
    const message = this.#open.get(n)
    if (this.#next[at] !== n || message === undefined) {
      this.#faults.add(`member ${member} received ${n}, not ${this.#next[at]}`)
      return
    }
    this.#next[at] = n + senders
    this.#listener.delivered(performance.now() - message.fromMs)
    this.#settle(n, message)
  }

  acked(n: number): void {
    const { senders } = this.#options
    const message = this.#open.get(n)
    if (this.#nextAck[n % senders] !== n || message === undefined) {
      this.#faults.add(`acked ${n}, not ${this.#nextAck[n % senders]}`)
      return
    }
    this.#nextAck[n % senders] = n + senders
    this.#listener.acked(performance.now() - message.fromMs)
    this.#settle(n, message)
  }

  checkNothingMissing(): void {
    if (!this.isIdle)
      this.#faults.add(`${this.#open.size} of ${this.#sent} messages are not acked and with all members`)
  }

  #settle(n: number, message: Message): void {
    if (--message.missing > 0) return
    this.#open.delete(n)
    this.#listener.done(this)
  }
}
