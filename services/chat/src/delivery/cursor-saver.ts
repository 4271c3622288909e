import type { ConversationKey, DeviceKey, EntryLog } from '../domain/ports.ts'

/** The number of rows in one statement. */
const maxBatch = 1_000
/**
 * The number of cursors that wait while PostgreSQL is away. Further ones are dropped: a lost cursor
 * only costs repeated deliveries.
 */
const maxWaiting = 100_000

type Cursor = Parameters<EntryLog['saveCursors']>[0][number]

/** Collects acks, so that a device's acks in one conversation cost one row a second. */
export class CursorSaver {
  readonly #log: Pick<EntryLog, 'saveCursors'>
  #waiting = new Map<string, Cursor>()
  #flushing: Promise<void> | undefined

  constructor(log: Pick<EntryLog, 'saveCursors'>) {
    this.#log = log
  }

  note(device: DeviceKey, key: ConversationKey, seq: number): void {
    const name = `${device}:${key}`
    const known = this.#waiting.get(name)
    if (known === undefined ? this.#waiting.size >= maxWaiting : known.seq >= seq) return
    this.#waiting.set(name, { device, key, seq })
  }

  /**
   * Saves the noted cursors. Rejects if the store fails. Cursors not saved wait for the next call.
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
      await this.#log.saveCursors(batch.map(([, cursor]) => cursor))
      // An ack meanwhile has noted a later cursor, which stays.
      for (const [name, cursor] of batch) if (this.#waiting.get(name) === cursor) this.#waiting.delete(name)
    }
  }
}
