/** A socket that is written to often is written to once in so many milliseconds. */
export const beatMs = 25
/** So many writes in a row are not often yet. */
export const burst = 8
const burstMs = burst * beatMs
/** A write of so many frames is large enough: those of a beat would save little more. */
export const fullBeat = 8
/** Also one of so many bytes; what has been handed to the socket counts as queued there. */
export const fullBytes = 64 * 1024

/** Where frames go, and what waits to go there. */
export type Written = {
  /** Writes these bytes, whole frames, to the socket in one system call. */
  writeOut(parts: readonly Buffer[]): void
  waitsFor: 'nothing' | 'turn' | 'beat'
  frames: Buffer[] | undefined
  frameBytes: number
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
  /** What the last one got, and that as one buffer if somebody else got the same. */
  #last: { readonly frames: readonly Buffer[]; joined: readonly Buffer[] | undefined } | undefined

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** `frame` must not change any more. */
  put(to: Written, frame: Buffer): void {
    to.frames ??= []
    const count = to.frames.push(frame)
    to.frameBytes += frame.length
    if (to.waitsFor === 'nothing') this.#begin(to)
    else if (to.waitsFor === 'beat' && count >= fullBeat) this.#joinTurn(to)
    if (to.frameBytes >= fullBytes) this.flush(to)
  }

  /** Writes at once what waits. */
  flush(to: Written): void {
    const { frames } = to
    if (frames === undefined) return
    to.frames = undefined
    to.frameBytes = 0
    to.writeOut(this.#partsOf(frames))
  }

  /** Members of a group mostly get the same frames at the same time: those are joined once. */
  #partsOf(frames: readonly Buffer[]): readonly Buffer[] {
    if (frames.length === 1) return frames
    if (this.#last === undefined || !areSame(this.#last.frames, frames)) {
      this.#last = { frames, joined: undefined }
      return frames
    }
    this.#last.joined ??= [Buffer.concat(frames)]
    return this.#last.joined
  }

  #begin(to: Written): void {
    const nowMs = this.#nowMs()
    to.busyUntilMs = Math.max(to.busyUntilMs, nowMs) + beatMs
    if (to.busyUntilMs - nowMs <= burstMs) this.#joinTurn(to)
    else this.#joinBeat(to)
  }

  #joinTurn(to: Written): void {
    to.waitsFor = 'turn'
    if (this.#ofTurn.push(to) === 1) setImmediate(() => this.#endTurn())
  }

  #joinBeat(to: Written): void {
    to.waitsFor = 'beat'
    if (this.#ofBeat.push(to) === 1) setTimeout(() => this.#endBeat(), beatMs)
  }

  #endTurn(): void {
    const leaving = this.#ofTurn
    this.#ofTurn = []
    for (const one of leaving) this.#leave(one)
    this.#last = undefined
  }

  #endBeat(): void {
    const leaving = this.#ofBeat
    this.#ofBeat = []
    // The others have left with a turn since, and may wait for one again.
    for (const one of leaving) if (one.waitsFor === 'beat') this.#leave(one)
    this.#last = undefined
  }

  #leave(one: Written): void {
    one.waitsFor = 'nothing'
    this.flush(one)
  }
}

const areSame = (some: readonly Buffer[], others: readonly Buffer[]): boolean =>
  some.length === others.length && some.every((frame, at) => frame === others[at])
