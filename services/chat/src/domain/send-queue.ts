import { later, type MonotonicMs } from '@fastchat/clock'
import type { SendRequest } from './ports.ts'

/** More rows no longer make a row cheaper, but every row waits for the whole batch. */
export const maxBatchRows = 200
export const maxBatchBytes = 512 * 1024
/**
 * The minimum time from the start of one batch to the start of the next, unless a batch is full. A
 * batch costs some 2 ms of CPU however small it is. At 1 000 sends a second this interval saves a
 * third of the CPU of each send. A send after a quiet time does not wait.
 */
export const minBatchIntervalMs = 5
/**
 * About a third of a second's work at full speed. Beyond that, a retry costs the client less than
 * waiting.
 */
export const maxQueuedSends = 5_000
export const maxQueuedBytes = 16 * 1024 * 1024

/**
 * Sends that wait for a batch, oldest first. The queue decides how large a batch is and when it
 * starts.
 */
export class SendQueue<Item extends { readonly send: Pick<SendRequest, 'envelope'> }> {
  #items: Item[] = []
  #bytes = 0
  #batchBeganAt: MonotonicMs | undefined

  get length(): number {
    return this.#items.length
  }

  /** Whether one more send would exceed a limit. */
  isFullFor({ envelope }: Item['send']): boolean {
    return this.#items.length >= maxQueuedSends || this.#bytes + envelope.length > maxQueuedBytes
  }

  push(item: Item): void {
    this.#items.push(item)
    this.#bytes += item.send.envelope.length
  }

  /** Returns how long the next batch must wait. A full batch does not wait. */
  waitMs(at: MonotonicMs): number {
    if (this.#batchBeganAt === undefined || this.#items.length >= maxBatchRows) return 0
    return Math.max(0, later(this.#batchBeganAt, minBatchIntervalMs) - at)
  }

  /**
   * Takes the next batch. It holds at least one send, however large that is, unless the queue is
   * empty.
   */
  takeBatch(at: MonotonicMs): Item[] {
    this.#batchBeganAt = at
    let rows = 0
    let bytes = 0
    for (const { send } of this.#items) {
      if (rows === maxBatchRows || (rows > 0 && bytes + send.envelope.length > maxBatchBytes)) break
      rows++
      bytes += send.envelope.length
    }
    const batch = this.#items.slice(0, rows)
    this.#items = this.#items.slice(rows)
    this.#bytes -= bytes
    return batch
  }

  /** Empties the queue and returns what it held. */
  takeAll(): Item[] {
    const all = this.#items
    this.#items = []
    this.#bytes = 0
    return all
  }
}
