import type { Socket } from 'node:net'

/** A socket that is written to often is written to once in so many milliseconds. */
export const beatMs = 25
/** So many writes in a row are not often yet. */
export const burst = 8
const burstMs = burst * beatMs
/** A write of so many frames is large enough: those of a beat would save little more. */
export const fullBeat = 8

/** A socket, and what is known of the writes to it. */
export type Written = {
  readonly socket: Socket
  /** What it waits for with what it was given. */
  waitsFor: 'nothing' | 'turn' | 'beat'
  /** Frames that wait for the beat. */
  waiting: number
  /** Of the monotonic clock: when the writes made would be over if each took a beat. */
  busyUntilMs: number
}

/**
 * Holds back what is written to sockets, so that many frames leave in one system call: the call, not the frame, is what costs. A
 * socket waits until the current round of I/O callbacks is done. One that gets more than 40 writes a second for longer than a moment
 * (a large group that talks a lot; nobody reads as fast) waits for eight frames or 25 ms (GCRA: ITU-T I.371, one
 * beat each, a burst of 8).
 */
export class WriteBatch {
  readonly #nowMs: () => number
  #ofTurn: Written[] = []
  #ofBeat: Written[] = []

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Call before writing to the socket. */
  hold(written: Written): void {
    if (written.waitsFor === 'turn') return
    if (written.waitsFor === 'beat') {
      if (++written.waiting >= fullBeat) this.#joinTurn(written)
      return
    }
    written.socket.cork()
    const nowMs = this.#nowMs()
    written.busyUntilMs = Math.max(written.busyUntilMs, nowMs) + beatMs
    if (written.busyUntilMs - nowMs <= burstMs) this.#joinTurn(written)
    else this.#joinBeat(written)
  }

  #joinTurn(written: Written): void {
    written.waitsFor = 'turn'
    if (this.#ofTurn.push(written) === 1) setImmediate(() => this.#endTurn())
  }

  #joinBeat(written: Written): void {
    written.waitsFor = 'beat'
    written.waiting = 1
    if (this.#ofBeat.push(written) === 1) setTimeout(() => this.#endBeat(), beatMs)
  }

  #endTurn(): void {
    const leaving = this.#ofTurn
    this.#ofTurn = []
    for (const written of leaving) leave(written)
  }

  #endBeat(): void {
    const leaving = this.#ofBeat
    this.#ofBeat = []
    // The others have left with a turn since, and may wait for one again.
    for (const written of leaving) if (written.waitsFor === 'beat') leave(written)
  }
}

function leave(written: Written): void {
  written.waitsFor = 'nothing'
  written.socket.uncork()
}
