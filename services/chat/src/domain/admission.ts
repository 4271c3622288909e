import type { MonotonicMs } from '@fastchat/clock'
import { fullBucket, type Rate, type TokenBucket, takeToken } from '@fastchat/service/token-bucket'

export type AdmissionOptions = {
  readonly handshakes: Rate
  readonly waitingSockets: number
  readonly waitingPerAddress: number
  /** Rates by address, over all pods. See `SharedLimit`. */
  readonly connects: { take(address: string): number }
  readonly monotonicMs: () => MonotonicMs
}

export type NotAdmitted = {
  /** Whether the address itself exceeds a limit. Otherwise the pod is full for all addresses. */
  readonly isOwn: boolean
  readonly reason: string
  readonly retryMs: number
}

/** A `hello` must come within 5 s, so waiting sockets make room soon. */
const waitingRetryMs = 2_000

/**
 * Admits WebSockets before their device is known. It limits how many wait for `hello`, and how many
 * handshakes there are a second, for the pod and for each address. The check comes before the
 * handshake costs anything.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #handshakes: TokenBucket
  /**
   * Half of the handshakes, for addresses with a waiting socket. The other half stays for new
   * addresses.
   */
  readonly #further: TokenBucket
  readonly #furtherRate: Rate
  /** Numbers of sockets whose device is not known yet, by address. */
  readonly #waiting = new Map<string, number>()
  #waitingCount = 0

  constructor(options: AdmissionOptions) {
    this.#options = options
    const { handshakes, monotonicMs } = options
    this.#handshakes = fullBucket(handshakes, monotonicMs())
    this.#furtherRate = { perSecond: handshakes.perSecond / 2, burst: Math.max(1, handshakes.burst / 2) }
    this.#further = fullBucket(this.#furtherRate, monotonicMs())
  }

  get waitingCount(): number {
    return this.#waitingCount
  }

  /**
   * Returns why a socket of `address` is rejected, or undefined. An address over its own limit uses
   * up no shared token.
   */
  refusal(address: string): NotAdmitted | undefined {
    const { handshakes, waitingSockets, waitingPerAddress, connects, monotonicMs } = this.#options
    const waiting = this.#waiting.get(address) ?? 0
    if (waiting >= waitingPerAddress) return { isOwn: true, reason: 'waiting', retryMs: waitingRetryMs }
    if (this.#waitingCount >= waitingSockets) return { isOwn: false, reason: 'waiting', retryMs: waitingRetryMs }
    const ownMs = connects.take(address)
    if (ownMs > 0) return { isOwn: true, reason: 'connects', retryMs: ownMs }
    const furtherMs = waiting > 0 ? takeToken(this.#further, this.#furtherRate, monotonicMs()) : 0
    const allMs = furtherMs || takeToken(this.#handshakes, handshakes, monotonicMs())
    return allMs > 0 ? { isOwn: false, reason: 'handshakes', retryMs: allMs } : undefined
  }

  /**
   * Counts a waiting socket. Call the result when its device is known or the socket is gone. Only
   * the first call counts.
   */
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
