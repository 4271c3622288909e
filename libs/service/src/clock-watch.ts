import type { WallMs } from '@fastchat/clock'

/** Reads the clock of another host, in ms since 1970. Rejects while the host does not answer. */
export type RemoteClock = () => Promise<number>

export type ClockWatchOptions = {
  /**
   * Tokens allow for 30 s. A process whose clock is further off rejects valid tokens, or accepts
   * expired ones.
   */
  readonly toleranceMs: number
  /** Two other hosts. The first look may go by the first one alone. */
  readonly references: readonly [RemoteClock, RemoteClock]
  /** Reads the clock of this machine. */
  readonly wallMs: () => WallMs
  /** Called when the verdict changes. */
  readonly onChange: (isOff: boolean, aheadMs: number) => void
}

/**
 * Compares this machine's clock with those of two other hosts. It is off if it differs from both by
 * more than `toleranceMs`. If it differs from only one, that one is wrong: judged by it alone, all
 * processes would raise a false alarm. While either host does not answer, the last verdict holds.
 * Only the first look may go by the first host alone, since the second may not be connected yet.
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

  /** True after the first look that got an answer. Before it, `isOff` is false. */
  get hasLooked(): boolean {
    return this.#hasLooked
  }

  /** The least time by which this machine's clock is ahead. Negative if it is behind. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  /** Compares the clocks. Never rejects. */
  async look(): Promise<void> {
    const { references, toleranceMs } = this.#options
    const [ofFirst, ofSecond] = await Promise.all([this.#aheadOf(references[0]), this.#aheadOf(references[1])])
    if (ofFirst === undefined || (ofSecond === undefined && this.#hasLooked)) return
    this.#hasLooked = true
    const aheadMs = leastOf(ofFirst, ofSecond ?? ofFirst)
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
  async #aheadOf(ask: RemoteClock): Promise<number | undefined> {
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
