import type { Clock } from '@fastchat/clock'
import { pause } from '../net/backoff.ts'

/** The delay behind the last new line, up to twice this: own devices see the same lines. */
const quietMs = 10_000
/** Least time between two backups of one process. An index may have many kilobytes. */
const leastMs = 120_000
/** A push comes before the look at the index by this much: several changes cost one look. */
const pushedMs = 500
/** Least time between two looks because of pushes: an index may have many kilobytes. */
const betweenLooksMs = 20_000

type Port = { readonly clock: Pick<Clock, 'wallMs'>; random(): number; isOnline(): boolean }

/** Decides when a device stores new lines, and when it looks what other devices have stored. */
export class BackupTimers {
  readonly #port: Port
  #saving: Promise<void> | undefined
  #looking: Promise<void> | undefined
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(port: Port) {
    this.#port = port
  }

  /**
   * Runs `save` a little later, unless a run is planned already. Without a connection, or when
   * `signal` has aborted, it does not run.
   */
  scheduleSave(signal: AbortSignal, savedAt: number, save: () => Promise<void>): void {
    if (this.#saving || signal.aborted) return
    const sinceMs = this.#port.clock.wallMs() - savedAt
    const waitMs = Math.max(quietMs * (1 + this.#port.random()), leastMs - sinceMs)
    this.#saving = pause(waitMs, signal).then(async () => {
      this.#saving = undefined
      if (!signal.aborted && this.#port.isOnline()) await save()
    })
  }

  /** Runs `look` after a push, unless a run is planned already. Same limits as `scheduleSave`. */
  scheduleLook(signal: AbortSignal, look: () => void): void {
    if (this.#looking || signal.aborted) return
    const { clock } = this.#port
    const sinceMs = clock.wallMs() - this.#lookedAt
    this.#looking = pause(Math.max(pushedMs, betweenLooksMs - sinceMs), signal).then(() => {
      this.#looking = undefined
      this.#lookedAt = clock.wallMs()
      if (!signal.aborted && this.#port.isOnline()) look()
    })
  }

  /** Resolves when no planned run is left. Abort the signal before. */
  async idle(): Promise<void> {
    await Promise.all([this.#saving, this.#looking])
  }
}
