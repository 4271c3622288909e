import type { MessageId } from '@fastchat/schema'

/** The number of shown messages that are remembered, in case an ack comes after the log. */
const maxShown = 64

/** The positions of this device's messages, by the server's acks and by its log. */
export class OwnPositions {
  readonly #acked = new Map<number, MessageId>()
  readonly #shown = new Map<MessageId, number>()

  /** Notes that the server said it stored a message at `seq`. The log has not shown it. */
  acked(id: MessageId, seq: number): void {
    this.#acked.set(seq, id)
  }

  ackedAt(seq: number): MessageId | undefined {
    return this.#acked.get(seq)
  }

  settled(seq: number): void {
    this.#acked.delete(seq)
  }

  shown(id: MessageId, seq: number): void {
    this.#shown.set(id, seq)
    const [oldest] = this.#shown.keys()
    if (oldest !== undefined && this.#shown.size > maxShown) this.#shown.delete(oldest)
  }

  /** Returns whether the log has shown a message at another position than the server says now. */
  isElsewhere(id: MessageId, seq: number): boolean {
    const shown = this.#shown.get(id)
    return shown !== undefined && shown !== seq
  }
}
