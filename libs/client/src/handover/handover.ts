import type { BackedUpChat, ConversationId, DeviceId } from '@fastchat/schema'
import type { HandoverStatus } from '../backup/backup-status.ts'
import type { Ranges } from '../backup/ranges.ts'
import { HandoverGiver } from './handover-giver.ts'
import type { HandoverPort } from './handover-port.ts'
import { type HandoverRecord, readHandover } from './handover-record.ts'
import { HandoverTaker } from './handover-taker.ts'
import { slots } from './slots.ts'

/**
 * Hands the history of one device to a new device of the same account. Both are online, or the
 * server keeps the sealed parts for a day.
 */
export class Handover {
  readonly #port: HandoverPort
  readonly #giver: HandoverGiver
  readonly #taker: HandoverTaker

  constructor(record: HandoverRecord, port: HandoverPort) {
    this.#port = port
    this.#giver = new HandoverGiver(port)
    this.#taker = new HandoverTaker(record, port)
    port.rows.on('changed', (keys) => {
      if (keys.some((key) => slots.includes(key))) this.#moved()
    })
  }

  static readonly read = readHandover

  /** Asks the own devices, and looks whether one of them asks. Never rejects. */
  async connected(): Promise<void> {
    // The next connection asks again.
    await this.#taker.ask().catch(() => {})
    this.#moved()
  }

  /** Notes a device that has signed in to the account. Never rejects. */
  async sawNew(device: DeviceId): Promise<void> {
    // Without this note the new device has the backup.
    await this.#giver.sawNew(device).catch(() => {})
  }

  handed(conversation: ConversationId): Ranges {
    return this.#taker.record.covered[conversation] ?? []
  }

  chats(): Readonly<Record<string, BackedUpChat>> {
    return this.#taker.record.chats
  }

  /** Takes what has come meanwhile. Only one task at a time may call it. Never rejects. */
  async take(signal: AbortSignal): Promise<void> {
    // The next connection takes the rest.
    if (this.#taker.isAnswered) await this.#taker.take(signal).catch(() => {})
  }

  get status(): HandoverStatus {
    const { state, done, of, lines, from } = this.#taker.record
    const isBegun = from !== undefined
    return {
      state: state === 'asked' ? (isBegun ? 'arriving' : 'asked') : isBegun ? 'done' : 'none',
      parts: { done: done.length, of },
      lines,
      ...(from !== undefined && { from }),
    }
  }

  /** Resolves when the asks so far are answered, or refused. */
  async idle(): Promise<void> {
    await this.#giver.idle()
  }

  /** Goes on after `stop`. */
  start(): void {
    this.#giver.start()
  }

  /** Resolves when this object no longer uses the store. */
  async stop(): Promise<void> {
    await this.#giver.stop()
  }

  #moved(): void {
    this.#giver.look()
    if (this.#taker.isAnswered) void this.#port.inTurn((signal) => this.take(signal))
  }
}
