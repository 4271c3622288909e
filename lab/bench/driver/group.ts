import type { Faults } from './faults.ts'
import type { Lane, LaneListener } from './lane.ts'

type Message = { readonly fromMs: number; missing: number }

export type GroupOptions = {
  readonly members: number
  /** The first of the members; they send in turns, so message `n` (from 0) is from sender `n % senders`. */
  readonly senders: number
  /** Acks are a system's word that a message is stored; one that gives none has nothing to wait for. */
  readonly hasAcks: boolean
  /** How much may be unacked of one sender. */
  readonly maxUnacked: number
  /** Puts message `n` on its sender's wire. */
  readonly send: (n: number) => void
}

/** Who has received what: every member gets every message once, and each sender's in the order sent. */
export class Group implements Lane {
  readonly #options: GroupOptions
  readonly #listener: LaneListener
  readonly #faults: Faults
  readonly #open = new Map<number, Message>()
  /** By member and sender, the message that must come next. */
  readonly #next: Int32Array
  /** By sender, the message that must be acked next. */
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
