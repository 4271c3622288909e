import { fullBucket, type Rate, type TokenBucket, takeToken } from './token-buckets.ts'

export type AdmissionOptions = {
  readonly handshakes: Rate
  readonly waitingSockets: number
  readonly waitingPerAddress: number
  /** By address, over all pods; see `SharedLimit`. */
  readonly connects: { take(address: string): number }
  /** Of the monotonic clock. */
  readonly nowMs: () => number
}

/** `isOwn`: it is for what this address does; else the pod has no room for anybody. */
export type NotAdmitted = { readonly isOwn: boolean; readonly reason: string; readonly retryMs: number }

/** `hello` must come in 5 s, so places are free again soon. */
const waitingRetryMs = 2_000

/**
 * Who may come in before anything is known of them: so many at a time, so many a second, and of one address fewer. All of it is
 * asked before the handshake costs anything.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #handshakes: TokenBucket
  /** Half of them, for addresses of which somebody waits already: a crowd of them leaves the other half to newcomers. */
  readonly #further: TokenBucket
  readonly #furtherRate: Rate
  /** Those whose device is not known yet, by address. */
  readonly #waiting = new Map<string, number>()
  #waitingCount = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
    const { handshakes, nowMs } = options
    this.#handshakes = fullBucket(handshakes, nowMs())
    this.#furtherRate = { perSecond: handshakes.perSecond / 2, burst: Math.max(1, handshakes.burst / 2) }
    this.#further = fullBucket(this.#furtherRate, nowMs())
  }

  get waitingCount(): number {
    return this.#waitingCount
  }

  /** Undefined: may come in. Who is turned away for their own doing takes nothing from what the others share. */
  refusal(address: string): NotAdmitted | undefined {
    const { handshakes, waitingSockets, waitingPerAddress, connects, nowMs } = this.#options
    const waiting = this.#waiting.get(address) ?? 0
    if (waiting >= waitingPerAddress) return { isOwn: true, reason: 'waiting', retryMs: waitingRetryMs }
    if (this.#waitingCount >= waitingSockets) return { isOwn: false, reason: 'waiting', retryMs: waitingRetryMs }
    const ownMs = connects.take(address)
    if (ownMs > 0) return { isOwn: true, reason: 'connects', retryMs: ownMs }
    const furtherMs = waiting > 0 ? takeToken(this.#further, this.#furtherRate, nowMs()) : 0
    const allMs = furtherMs || takeToken(this.#handshakes, handshakes, nowMs())
    return allMs > 0 ? { isOwn: false, reason: 'handshakes', retryMs: allMs } : undefined
  }

  /** Somebody has come in. Call what this gives when the device is known, or gone: once only counts. */
  enter(address: string): () => void {
    this.#count(address, 1)
    let isWaiting = true
    return () => {
      if (isWaiting) this.#count(address, -1)
      isWaiting = false
    }
  }

  #count(address: string, change: 1 | -1): void {
    this.#waitingCount += change
    const left = (this.#waiting.get(address) ?? 0) + change
    if (left > 0) this.#waiting.set(address, left)
    else this.#waiting.delete(address)
  }
}
