import type { MonotonicMs } from '@fastchat/clock'
import type { EntryLog } from '../domain/ports.ts'
import { mayHaveMissed, minPauseMs, pauseMs } from '../domain/sweep-schedule.ts'
import type { ConversationFeeds } from './conversation-feeds.ts'
import type { Devices } from './devices.ts'

export type SweepOptions = {
  readonly log: Pick<EntryLog, 'sweep' | 'dbEpoch'>
  readonly feeds: ConversationFeeds
  readonly devices: Devices
  /** Whether published entries arrive. */
  readonly isBusHealthy: () => boolean
  readonly random: () => number
  readonly monotonicMs: () => MonotonicMs
  readonly onSwept: (seconds: number) => void
  readonly onError: (error: unknown) => void
  /**
   * Called after a restore of the database. Entries that this pod remembers may be missing from the
   * log.
   */
  readonly onRestored: () => void
}

/**
 * Reads from the database what the bus may have lost, each few seconds and at once on request. A
 * sweep finds each entry committed since the last successful one, however late its commit was. If
 * the last sweep is so long ago that feed rows may have been deleted since, each device on this pod
 * reads its memberships again.
 */
export class SweepLoop {
  readonly #options: SweepOptions
  #mark: string | undefined
  #sweptAt: MonotonicMs
  #timer: NodeJS.Timeout | undefined
  #isRunning = false
  #isWanted = false
  #isClosed = false
  hasSucceeded = false
  /** The database's epoch at the last sweep. It changes with a restore. */
  dbEpoch: string | undefined

  constructor(options: SweepOptions) {
    this.#options = options
    this.#sweptAt = options.monotonicMs()
    this.#schedule(0)
  }

  /** Requests a sweep as soon as possible. */
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
    this.#schedule(pauseMs({ isUrgent, isWanted: this.#isWanted }, random()))
  }

  async #sweep(): Promise<void> {
    const { log, feeds, devices, monotonicMs, onSwept, onRestored } = this.#options
    const startedAt = monotonicMs()
    const dbEpoch = await log.dbEpoch()
    const { mark, heads, users } = await log.sweep(this.#mark)
    if (this.#isClosed) return
    const isRestored = this.dbEpoch !== undefined && this.dbEpoch !== dbEpoch
    this.dbEpoch = dbEpoch
    if (isRestored) onRestored()
    this.#mark = mark
    for (const { key, head } of heads) feeds.reaches(key, head)
    for (const user of users) devices.refreshUserKey(user)
    if (mayHaveMissed(this.#sweptAt, startedAt)) devices.refreshAll()
    this.#sweptAt = startedAt
    feeds.retry()
    this.hasSucceeded = true
    onSwept((monotonicMs() - startedAt) / 1000)
  }
}
