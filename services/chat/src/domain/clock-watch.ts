import type { WallMs } from '@fastchat/clock'

export type ClockWatchOptions = {
  /**
   * Tokens allow for 30 s. A pod whose clock is further off rejects valid tokens, or accepts
   * expired ones.
   */
  readonly toleranceMs: number
  /** Reads the clock of PostgreSQL. Rejects while it does not answer. */
  readonly databaseMs: () => Promise<number>
  /** Reads the clock of Redis. Rejects while it does not answer. */
  readonly redisMs: () => Promise<number>
  /** Reads this pod's clock. */
  readonly wallMs: () => WallMs
  /** Called when the verdict changes. */
  readonly onChange: (isOff: boolean, aheadMs: number) => void
}

/**
 * Compares this pod's clock with those of PostgreSQL and Redis. The pod's clock is off if it
 * differs from both by more than `toleranceMs`. If it differs from only one, that one is wrong:
 * judged by it alone, all pods would raise a false alarm. While either does not answer, the last
 * verdict holds. Only the first look goes by PostgreSQL alone, since Redis may not be connected
 * yet.
 */
export class ClockWatch {
  readonly #options: ClockWatchOptions
  #isOff = false
  #aheadMs = 0
  #hasLooked = false

  constructor(options: ClockWatchOptions) {
    this.#options = options
  }

  get isOff(): boolean {
    return this.#isOff
  }

  /** The least time by which this pod's clock is ahead. Negative if it is behind. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  /** Compares the clocks. Never rejects. */
  async look(): Promise<void> {
    const { databaseMs, redisMs, toleranceMs } = this.#options
    const [ofDatabase, ofRedis] = await Promise.all([this.#aheadOf(databaseMs), this.#aheadOf(redisMs)])
    if (ofDatabase === undefined || (ofRedis === undefined && this.#hasLooked)) return
    this.#hasLooked = true
    const aheadMs = leastOf(ofDatabase, ofRedis ?? ofDatabase)
    const isOff = Math.abs(aheadMs) > toleranceMs
    this.#aheadMs = aheadMs
    if (isOff === this.#isOff) return
    this.#isOff = isOff
    this.#options.onChange(isOff, aheadMs)
  }

  /**
   * Returns how far this clock is ahead of another. The other was read between the question and the
   * answer, however long that took.
   */
  async #aheadOf(ask: () => Promise<number>): Promise<number | undefined> {
    const { wallMs } = this.#options
    const askedMs = wallMs()
    const theirs = await ask().catch(() => undefined)
    if (theirs === undefined) return undefined
    const answeredMs = wallMs()
    if (theirs < askedMs) return askedMs - theirs
    return theirs > answeredMs ? answeredMs - theirs : 0
  }
}

/** Returns the smaller difference, or 0 if the signs differ. */
function leastOf(one: number, other: number): number {
  if (Math.sign(one) !== Math.sign(other)) return 0
  return Math.abs(one) < Math.abs(other) ? one : other
}
