import type { MonotonicMs } from '@fastchat/clock'

/** A number of messages and their size. */
export type MessageCount = { readonly messages: number; readonly bytes: number }

/**
 * Limits how far deliveries run ahead of a device's acks. Exhausted credit counts again only when
 * half of it is back. Otherwise a device that acks one message at a time would make the pod read
 * the log one message at a time.
 */
export class Credit {
  readonly #maxMessages: number
  readonly #maxBytes: number
  #usedMessages = 0
  #usedBytes = 0
  #isExhausted = false
  /** The time of the last ack, or of the exhaustion if that came later. */
  #progressAt: MonotonicMs

  constructor(maxMessages: number, maxBytes: number, at: MonotonicMs) {
    this.#maxMessages = maxMessages
    this.#maxBytes = maxBytes
    this.#progressAt = at
  }

  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** Whether everything delivered is acked. */
  get isUnused(): boolean {
    return this.#usedMessages === 0
  }

  get messages(): number {
    return this.#maxMessages - this.#usedMessages
  }

  get bytes(): number {
    return this.#maxBytes - this.#usedBytes
  }

  /**
   * Uses credit for one message. The last message may exceed the limit in bytes. The next one
   * waits.
   */
  take(bytes: number, monotonicMs: () => MonotonicMs): void {
    this.#usedMessages++
    this.#usedBytes += bytes
    if (this.#usedMessages < this.#maxMessages && this.#usedBytes < this.#maxBytes) return
    this.#isExhausted = true
    this.#progressAt = monotonicMs()
  }

  giveBack({ messages, bytes }: MessageCount, at: MonotonicMs): void {
    if (messages === 0) return
    this.#usedMessages -= messages
    this.#usedBytes -= bytes
    this.#progressAt = at
    if (this.#usedMessages * 2 <= this.#maxMessages && this.#usedBytes * 2 <= this.#maxBytes) this.#isExhausted = false
  }

  /** Returns how long the credit has been exhausted without an ack, 0 if it is not exhausted. */
  exhaustedForMs(at: MonotonicMs): number {
    return this.#isExhausted ? at - this.#progressAt : 0
  }
}
