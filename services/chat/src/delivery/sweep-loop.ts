import type { Log } from '../domain/ports.ts'
import type { ConversationFeeds } from './conversation-feeds.ts'
import type { Devices } from './devices.ts'

export type SweepOptions = {
  readonly log: Pick<Log, 'sweep' | 'dbEpoch'>
  readonly feeds: ConversationFeeds
  readonly devices: Devices
  /** Whether the bus brings what is published. */
  readonly isBusHealthy: () => boolean
  readonly random: () => number
  /** Of the monotonic clock. */
  readonly nowMs: () => number
  readonly onSwept: (seconds: number) => void
  readonly onError: (error: unknown) => void
  /** The database was restored: what this pod remembers of the log may never have been. */
  readonly onRestored: () => void
}

/** With its jitter below the 5 s within which everything is delivered after any fault of the bus. */
const everyMs = 4_000
/** While the sweep is the only thing that finds new entries, or has just failed. */
const urgentEveryMs = 1_000
const jitter = 0.2
/** Suspicions come in bursts. */
const minPauseMs = 100
/** Half of the time that the feed is kept: after longer without a sweep, what it once said may be gone. */
const maxBlindMs = 30 * 60_000

/**
 * Looks in the database for what the bus may have lost: every few seconds, and at once when something was suspicious.
 * Exact: what was committed since the last successful sweep is seen, however late its commit was. After so long without one that the
 * feed may have been cleaned, every device here looks for itself.
 */
export class SweepLoop {
  readonly #options: SweepOptions
  #mark: string | undefined
  #sweptAtMs: number
  #timer: NodeJS.Timeout | undefined
  #isRunning = false
  #isWanted = false
  #isClosed = false
  hasSucceeded = false
  /** As the last sweep knew it. */
  dbEpoch: string | undefined

  constructor(options: SweepOptions) {
    this.#options = options
    this.#sweptAtMs = options.nowMs()
    this.#schedule(0)
  }

  /** As soon as possible. */
  soon(): void {
    if (this.#isRunning) this.#isWanted = true
    else this.#schedule(minPauseMs)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #schedule(afterMs: number): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#run(), afterMs)
  }

  async #run(): Promise<void> {
    const { isBusHealthy, random, onError } = this.#options
    this.#isRunning = true
    this.#isWanted = false
    let isUrgent = !isBusHealthy()
    try {
      await this.#sweep()
    } catch (error) {
      isUrgent = true
      onError(error)
    }
    this.#isRunning = false
    const baseMs = isUrgent ? urgentEveryMs : everyMs
    this.#schedule(this.#isWanted ? minPauseMs : baseMs * (1 + jitter * (2 * random() - 1)))
  }

  async #sweep(): Promise<void> {
    const { log, feeds, devices, nowMs, onSwept, onRestored } = this.#options
    const startedAtMs = nowMs()
    const dbEpoch = await log.dbEpoch()
    const { mark, heads, users } = await log.sweep(this.#mark)
    if (this.#isClosed) return
    const isRestored = this.dbEpoch !== undefined && this.dbEpoch !== dbEpoch
    this.dbEpoch = dbEpoch
    if (isRestored) onRestored()
    this.#mark = mark
    for (const { key, head } of heads) feeds.reaches(key, head)
    for (const user of users) devices.refreshUserKey(user)
    if (startedAtMs - this.#sweptAtMs > maxBlindMs) devices.refreshAll()
    this.#sweptAtMs = startedAtMs
    feeds.retry()
    this.hasSucceeded = true
    onSwept((nowMs() - startedAtMs) / 1000)
  }
}
