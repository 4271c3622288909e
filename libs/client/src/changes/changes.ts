import type { Clock } from '@fastchat/clock'
import type { ConversationId } from '@fastchat/schema'
import { pause } from '../net/backoff.ts'
import {
  BatchBuilder,
  type ChangeBatch,
  type ChangedList,
  type ChatAddition,
  type TroubleNote,
} from './change-batch.ts'

/** The least time between two batches: one frame of a screen with 60 Hz. */
const defaultIntervalMs = 16

type Options = {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly intervalMs?: number
  /** Resolves after some milliseconds; by default a timer of this platform. */
  readonly wait?: (ms: number) => Promise<void>
}

/**
 * Tells listeners what changed on this device, in batches. The first change after a quiet interval
 * is told in the same turn of the event loop, and later ones at most once in an interval. A batch
 * names what to read again, and holds no messages. So it is small, and never out of date.
 */
export class Changes {
  readonly #clock: Options['clock']
  readonly #intervalMs: number
  readonly #wait: NonNullable<Options['wait']>
  readonly #listeners = new Set<(batch: ChangeBatch) => void>()
  #builder = new BatchBuilder()
  #toldAt = Number.NEGATIVE_INFINITY
  #isDue = false

  constructor({ clock, intervalMs = defaultIntervalMs, wait = (ms) => pause(ms) }: Options) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#wait = wait
  }

  /**
   * Calls a listener with each batch. Read the lists after this call, and again as batches name
   * them: then nothing is missed. A listener that throws does not stop the others.
   *
   * @returns a function that ends the subscription
   */
  subscribe(listener: (batch: ChangeBatch) => void): () => void {
    // Each subscription is another function, so that one listener may be added twice.
    const own = (batch: ChangeBatch) => listener(batch)
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size === 0) this.#builder = new BatchBuilder()
    }
  }

  /** Notes a change of one chat. */
  chat(id: ConversationId, addition: ChatAddition): void {
    this.#note((builder) => builder.addChat(id, addition))
  }

  /** Notes that a list is to be read again. */
  list(list: ChangedList): void {
    this.#note((builder) => builder.addList(list))
  }

  /** Notes a problem for people. */
  trouble(trouble: TroubleNote): void {
    this.#note((builder) => builder.addTrouble(trouble))
  }

  #note(add: (builder: BatchBuilder) => void): void {
    // Without a listener nothing is kept, so that nothing grows.
    if (this.#listeners.size === 0) return
    add(this.#builder)
    if (this.#isDue) return
    this.#isDue = true
    const waitMs = this.#toldAt + this.#intervalMs - this.#clock.monotonicMs()
    if (waitMs <= 0) queueMicrotask(() => this.#tell())
    else void this.#wait(waitMs).then(() => this.#tell())
  }

  #tell(): void {
    this.#isDue = false
    if (this.#builder.isEmpty) return
    const batch = this.#builder.build()
    this.#builder = new BatchBuilder()
    this.#toldAt = this.#clock.monotonicMs()
    for (const listener of [...this.#listeners]) {
      try {
        listener(batch)
      } catch (error) {
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
