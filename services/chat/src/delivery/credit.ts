/**
 * How far deliveries may run ahead of a device's acks. Once used up it counts again only when half of it is back, so that
 * a device that acks one message at a time does not make us read the log one message at a time.
 */
export class Credit {
  readonly #maxMessages: number
  readonly #maxBytes: number
  #usedMessages = 0
  #usedBytes = 0
  #isExhausted = false
  /** Of the last ack, or of when the credit was used up. */
  #progressAtMs: number

  constructor(maxMessages: number, maxBytes: number, nowMs: number) {
    this.#maxMessages = maxMessages
    this.#maxBytes = maxBytes
    this.#progressAtMs = nowMs
  }

  get isExhausted(): boolean {
    return this.#isExhausted
  }

  /** Everything delivered is acked. */
  get isUnused(): boolean {
    return this.#usedMessages === 0
  }

  get messages(): number {
    return this.#maxMessages - this.#usedMessages
  }

  get bytes(): number {
    return this.#maxBytes - this.#usedBytes
  }

  /** The last message may pass the limit in bytes; the one after it waits. */
  take(bytes: number, nowMs: () => number): void {
    this.#usedMessages++
    this.#usedBytes += bytes
    if (this.#usedMessages < this.#maxMessages && this.#usedBytes < this.#maxBytes) return
    this.#isExhausted = true
    this.#progressAtMs = nowMs()
  }

  giveBack({ messages, bytes }: { readonly messages: number; readonly bytes: number }, nowMs: number): void {
    if (messages === 0) return
    this.#usedMessages -= messages
    this.#usedBytes -= bytes
    this.#progressAtMs = nowMs
    if (this.#usedMessages * 2 <= this.#maxMessages && this.#usedBytes * 2 <= this.#maxBytes) this.#isExhausted = false
  }

  exhaustedForMs(nowMs: number): number {
    return this.#isExhausted ? nowMs - this.#progressAtMs : 0
  }
}
