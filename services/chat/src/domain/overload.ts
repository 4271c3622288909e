export type OverloadOptions = {
  /** Reads how late the event loop was during the last two samples. See `LagMeter`. */
  readonly takeLagMs: () => number
  readonly socketsAtMs: number
  readonly sendsAtMs: number
}

/**
 * Decides what the pod refuses while its event loop is late: first new sockets, then sends as well.
 * Connected devices stay. Each is accepted again once the lag is half of its limit.
 */
export class Overload {
  readonly #options: OverloadOptions
  refusesSockets = false
  refusesSends = false
  /** The lag at the last sample. */
  lagMs = 0

  constructor(options: OverloadOptions) {
    this.#options = options
  }

  /**
   * Takes a sample. Call it every two seconds, so that a single pause, however long, does not count
   * as lag.
   */
  sample(): void {
    const { takeLagMs, socketsAtMs, sendsAtMs } = this.#options
    this.lagMs = takeLagMs()
    this.refusesSockets = isOver(this.lagMs, socketsAtMs, this.refusesSockets)
    this.refusesSends = isOver(this.lagMs, sendsAtMs, this.refusesSends)
  }
}

const isOver = (lagMs: number, limitMs: number, wasOver: boolean): boolean =>
  wasOver ? lagMs * 2 > limitMs : lagMs > limitMs
