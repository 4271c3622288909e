import type { Clock, MonotonicMs, WallMs } from '../src/index.ts'

/** A clock for tests that stands still until `advance` or `setWall` is called. */
export class ManualClock implements Clock {
  #wall: number
  #monotonic: number

  constructor(wallMs = 1_700_000_000_000, monotonicMs = 0) {
    this.#wall = wallMs
    this.#monotonic = monotonicMs
  }

  readonly wallMs = (): WallMs => this.#wall as WallMs

  readonly monotonicMs = (): MonotonicMs => this.#monotonic as MonotonicMs

  /** Moves both clocks forward. */
  advance(ms: number): void {
    this.#wall += ms
    this.#monotonic += ms
  }

  /** Sets the wall clock alone, as an operator can do. */
  setWall(wallMs: number): void {
    this.#wall = wallMs
  }
}
