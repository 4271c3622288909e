import type { ConversationKey, DeviceKey, Log } from '../domain/ports.ts'

/** Rows in one statement. */
const maxBatch = 1_000
/** Cursors that wait while Postgres is away. Past it new ones are dropped: a lost cursor only costs repeats. */
const maxWaiting = 100_000

type Cursor = Parameters<Log['saveCursors']>[0][number]

/** Collects acks, so that a device's many acks are one row of a statement a second. */
export class CursorSaver {
  readonly #log: Pick<Log, 'saveCursors'>
  #waiting = new Map<string, Cursor>()
  #flushing: Promise<void> | undefined

  constructor(log: Pick<Log, 'saveCursors'>) {
    this.#log = log
  }

  note(device: DeviceKey, key: ConversationKey, seq: number): void {
    const name = `${device}:${key}`
    const known = this.#waiting.get(name)
    if (known === undefined ? this.#waiting.size >= maxWaiting : known.seq >= seq) return
    this.#waiting.set(name, { device, key, seq })
  }

  /** Saves what was noted. Rejects if the store can't; what was not saved waits for the next call. */
  flush(): Promise<void> {
    this.#flushing ??= this.#saveAll().finally(() => {
      this.#flushing = undefined
    })
    return this.#flushing
  }

  async #saveAll(): Promise<void> {
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, maxBatch)
      await this.#log.saveCursors(batch.map(([, cursor]) => cursor))
      // An ack that came in meanwhile has put a later cursor in the place, which stays.
      for (const [name, cursor] of batch) if (this.#waiting.get(name) === cursor) this.#waiting.delete(name)
    }
  }
}
