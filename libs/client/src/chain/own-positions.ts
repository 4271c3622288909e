import type { MessageId } from '@fastchat/schema'

/** Messages of ours that the log showed lately, in case an ack comes after that. */
const maxShown = 64

/** Where our messages are, by the server's acks and by its log. */
export class OwnPositions {
  readonly #acked = new Map<number, MessageId>()
  readonly #shown = new Map<MessageId, number>()

  /** The server said that it stored a message at `seq`; the log has not shown it. */
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

  /** Whether the log has shown a message at another position than the server says now. */
  isElsewhere(id: MessageId, seq: number): boolean {
    const shown = this.#shown.get(id)
    return shown !== undefined && shown !== seq
  }
}
