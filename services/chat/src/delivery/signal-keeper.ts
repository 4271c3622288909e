import type { KeptSignal, SignalStore } from '../domain/signals.ts'

/** The number of rows in one statement. */
const maxBatch = 500
/**
 * The number of signals that wait while PostgreSQL is away, 10 MB at most. Further ones are
 * dropped. A device sends its receipt anew after the next message.
 */
const maxWaiting = 8_192

/**
 * Collects the signals to keep, so that those of one device in one conversation cost one row a
 * second. Only the last one is saved.
 */
export class SignalKeeper {
  readonly #store: Pick<SignalStore, 'save'>
  readonly #waiting = new Map<string, KeptSignal>()
  #flushing: Promise<void> | undefined

  constructor(store: Pick<SignalStore, 'save'>) {
    this.#store = store
  }

  note(signal: KeptSignal): void {
    const name = `${signal.device}:${signal.key}`
    if (this.#waiting.size < maxWaiting || this.#waiting.has(name)) this.#waiting.set(name, signal)
  }

  /**
   * Saves the noted signals. Rejects if the store fails. Signals not saved wait for the next call.
   */
  flush(): Promise<void> {
    this.#flushing ??= this.#saveAll().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #saveAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, maxBatch)
      await this.#store.save(batch.map(([, signal]) => signal))
      // The device may have sent a later one meanwhile, which stays.
      for (const [name, signal] of batch) if (this.#waiting.get(name) === signal) this.#waiting.delete(name)
    }
  }
}
