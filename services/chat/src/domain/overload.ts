export type OverloadOptions = {
  /** By how many ms the event loop has lately been late, for as long as two samples: see `LagMeter`. */
  readonly takeLagMs: () => number
  readonly socketsAtMs: number
  readonly sendsAtMs: number
}

/**
 * What the pod refuses while it can't keep up, judged by how late its event loop is: first whoever is new, then what is to be
 * stored, and never those who are here. What is refused is taken again once the lag is half of what it was refused at.
 */
export class Overload {
  readonly #options: OverloadOptions
  refusesSockets = false
  refusesSends = false
  /** As last sampled. */
  lagMs = 0

  constructor(options: OverloadOptions) {
    this.#options = options
  }

  /** Every two seconds, so that the lag of one pause, however long, is none. */
  sample(): void {
    const { takeLagMs, socketsAtMs, sendsAtMs } = this.#options
    this.lagMs = takeLagMs()
    this.refusesSockets = isOver(this.lagMs, socketsAtMs, this.refusesSockets)
    this.refusesSends = isOver(this.lagMs, sendsAtMs, this.refusesSends)
  }
}

const isOver = (lagMs: number, limitMs: number, wasOver: boolean): boolean =>
  wasOver ? lagMs * 2 > limitMs : lagMs > limitMs
