export type ClockOptions = {
  /** Tokens allow for 30 s: a pod whose clock is further off refuses good ones, or takes those that are over. */
  readonly toleranceMs: number
  /** Milliseconds since 1970 by the clock of another host; rejects while that does not answer. */
  readonly databaseMs: () => Promise<number>
  readonly redisMs: () => Promise<number>
  /** By this pod's clock. */
  readonly wallMs: () => number
  /** Told when the verdict changes. */
  readonly onChange: (isOff: boolean, aheadMs: number) => void
}

/**
 * Compares this pod's clock with those of PostgreSQL and Redis. It is off if it differs from both by more than `toleranceMs`.
 * If only one differs, that one's clock is wrong, and all pods but for a false alarm right. While either does not answer, the last
 * verdict holds; only the first look goes by PostgreSQL alone, for Redis may not be connected yet.
 */
export class ClockWatch {
  readonly #options: ClockOptions
  #isOff = false
  #aheadMs = 0
  #hasLooked = false

  constructor(options: ClockOptions) {
    this.#options = options
  }

  get isOff(): boolean {
    return this.#isOff
  }

  /** By how much at least this pod's clock is ahead; negative if it is behind. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  /** Never rejects. */
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

  /** However long the answer takes: it was read between the question and now. */
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

/** What both say; nothing if one says ahead and the other behind. */
function leastOf(one: number, other: number): number {
  if (Math.sign(one) !== Math.sign(other)) return 0
  return Math.abs(one) < Math.abs(other) ? one : other
}
