import type { MonotonicMs } from '@fastchat/clock'
import { type CountedWrites, flushIntervalMs, waitsForInterval } from '../domain/flush-policy.ts'

/** A write of this many frames is large enough. Waiting for more would save little. */
export const fullFrames = 8
/** The same in bytes. Bytes handed to the socket count as queued there. */
export const fullBytes = 64 * 1024

/** A socket, with the frames that wait to be written to it. */
export type WriteTarget = CountedWrites & {
  /** Writes these bytes, which are whole frames, to the socket in one system call. */
  writeOut(parts: readonly Buffer[]): void
  waitsFor: 'nothing' | 'turn' | 'interval'
  frames: Buffer[] | undefined
  frameBytes: number
}

/**
 * Collects frames for each socket, so that many leave in one system call. The call is what costs,
 * not the frame. A socket is flushed at the end of the current turn of the event loop. A socket
 * with frequent writes, such as one that reads a large busy group, is flushed once it has eight
 * frames or after 25 ms. See `waitsForInterval`.
 */
export class WriteBatch {
  readonly #monotonicMs: () => MonotonicMs
  #ofTurn: WriteTarget[] = []
  #ofInterval: WriteTarget[] = []
  /** The frames of the last flush, joined once another socket gets the same frames. */
  #last: { readonly frames: readonly Buffer[]; joined: readonly Buffer[] | undefined } | undefined

  constructor(monotonicMs: () => MonotonicMs) {
    this.#monotonicMs = monotonicMs
  }

  /** Adds a frame. Its bytes must not change afterwards. */
  put(to: WriteTarget, frame: Buffer): void {
    to.frames ??= []
    const count = to.frames.push(frame)
    to.frameBytes += frame.length
    if (to.waitsFor === 'nothing') this.#begin(to)
    else if (to.waitsFor === 'interval' && count >= fullFrames) this.#joinTurn(to)
    if (to.frameBytes >= fullBytes) this.flush(to)
  }

  /** Writes the waiting frames of one socket at once. */
  flush(to: WriteTarget): void {
    const { frames } = to
    if (frames === undefined) return
    to.frames = undefined
    to.frameBytes = 0
    to.writeOut(this.#partsOf(frames))
  }

  /**
   * Returns the frames, joined if the last socket got the same ones. Members of a group mostly do.
   */
  #partsOf(frames: readonly Buffer[]): readonly Buffer[] {
    if (frames.length === 1) return frames
    if (this.#last === undefined || !areSame(this.#last.frames, frames)) {
      this.#last = { frames, joined: undefined }
      return frames
    }
    this.#last.joined ??= [Buffer.concat(frames)]
    return this.#last.joined
  }

  #begin(to: WriteTarget): void {
    if (waitsForInterval(to, this.#monotonicMs())) this.#joinInterval(to)
    else this.#joinTurn(to)
  }

  #joinTurn(to: WriteTarget): void {
    to.waitsFor = 'turn'
    if (this.#ofTurn.push(to) === 1) setImmediate(() => this.#endTurn())
  }

  #joinInterval(to: WriteTarget): void {
    to.waitsFor = 'interval'
    if (this.#ofInterval.push(to) === 1) setTimeout(() => this.#endInterval(), flushIntervalMs)
  }

  #endTurn(): void {
    const leaving = this.#ofTurn
    this.#ofTurn = []
    for (const target of leaving) this.#leave(target)
    this.#last = undefined
  }

  #endInterval(): void {
    const leaving = this.#ofInterval
    this.#ofInterval = []
    // The others have been flushed at the end of a turn since, and may wait for a turn again.
    for (const target of leaving) if (target.waitsFor === 'interval') this.#leave(target)
    this.#last = undefined
  }

  #leave(target: WriteTarget): void {
    target.waitsFor = 'nothing'
    this.flush(target)
  }
}

const areSame = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((frame, at) => frame === others[at])
