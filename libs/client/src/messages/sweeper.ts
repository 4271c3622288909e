import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId } from '@fastchat/schema'
import { pause } from '../net/backoff.ts'
import { parseRecord } from '../store/records.ts'
import type { Row, Store } from '../store/store.ts'

/** The messages that are erased in one batch. */
const sweepSize = 100
/** The longest pause before the clock is read again: somebody may have set it. */
const maxSleepMs = 30_000
/** The shortest pause, and the one after a failure of the store. */
const minSleepMs = 250
const retryMs = 5_000

/** A message whose time is over. */
export type Due = { readonly key: string; readonly id: MessageId; readonly conversation: ConversationId }

type Parts = {
  readonly store: Pick<Store, 'list'>
  readonly clock: Pick<Clock, 'wallMs'>
  /** Erases messages, and their rows in `expiring`. */
  readonly erase: (due: readonly Due[]) => Promise<void>
  readonly onError: (error: Error) => void
}

/**
 * Erases messages whose time is over, the earliest first. It sleeps until the next one, and not at
 * all while none has a time.
 */
export class Sweeper {
  readonly #parts: Parts
  #running: Promise<void> | undefined
  #stopping = new AbortController()
  #moved = new AbortController()
  #isDue = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Looks again: a message with a time may have come. */
  wake(): void {
    this.#moved.abort()
    this.#moved = new AbortController()
    this.#isDue = true
    if (this.#stopping.signal.aborted) return
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#isDue) this.wake()
    })
  }

  /** Resolves when nothing is erased any more. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#moved.abort()
    await this.#running
  }

  /** Erases all messages whose time is over. Returns the time of the next one. */
  async sweep(): Promise<number | undefined> {
    const { store, clock, erase } = this.#parts
    for (;;) {
      const rows = await store.list('expiring', { limit: sweepSize })
      const due = rows.filter(({ key }) => timeOf(key) <= clock.wallMs())
      if (due.length > 0) await erase(due.map(dueOf))
      if (due.length < rows.length || rows.length === 0) return rows[due.length] && timeOf(rows[due.length]!.key)
      if (this.#stopping.signal.aborted) return undefined
    }
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { signal } = this.#moved
      this.#isDue = false
      try {
        const next = await this.sweep()
        if (next === undefined) return
        const waitMs = next - this.#parts.clock.wallMs()
        await pause(Math.min(Math.max(waitMs, minSleepMs), maxSleepMs), signal)
      } catch (error) {
        this.#parts.onError(error as Error)
        await pause(retryMs, signal)
      }
    }
  }
}

const timeOf = (key: string): number => Number(key.slice(0, key.indexOf('/')))

// The casts hold because `expiryKey` made the key, and the value is the conversation.
const dueOf = ({ key, value }: Row): Due => ({
  key,
  id: key.slice(key.indexOf('/') + 1) as MessageId,
  conversation: parseRecord<ConversationId>(value),
})
