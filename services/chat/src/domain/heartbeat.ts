import { later, type MonotonicMs } from '@fastchat/clock'
import { limits } from '@fastchat/schema'

/** After this many unanswered pings the client is gone. */
const maxMissedPongs = 2

/** Decides when one client is pinged, and when it counts as gone. */
export class Heartbeat {
  #pingAt: MonotonicMs
  #missedPongs = 0

  /** `random`, from 0 to 1, spreads the pings of clients that connected at the same time. */
  constructor(at: MonotonicMs, random: number) {
    this.#pingAt = later(at, random * limits.pingIntervalMs)
  }

  /** Returns what is due: `ping`, `silent` if the client is gone, or undefined. */
  next(at: MonotonicMs): 'ping' | 'silent' | undefined {
    if (at <= this.#pingAt) return undefined
    if (this.#missedPongs >= maxMissedPongs) return 'silent'
    this.#missedPongs++
    this.#pingAt = later(at, limits.pingIntervalMs)
    return 'ping'
  }

  onPong(): void {
    this.#missedPongs = 0
  }
}
