import type { MonotonicMs } from '@fastchat/clock'

/** A tick that is later than this means that the process stood still. */
const maxDelayMs = 2_000

/** Notices that the process stood still, by the delay of a regular tick. */
export class StallWatch {
  readonly #everyMs: number
  #tickedAt: MonotonicMs

  constructor(everyMs: number, at: MonotonicMs) {
    this.#everyMs = everyMs
    this.#tickedAt = at
  }

  /** Notes a tick. Returns whether the process stood still before it. */
  tick(at: MonotonicMs): boolean {
    const isStalled = at - this.#tickedAt > this.#everyMs + maxDelayMs
    this.#tickedAt = at
    return isStalled
  }
}
