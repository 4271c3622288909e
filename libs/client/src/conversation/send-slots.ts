import { limits } from '@fastchat/schema'

/** Limits the sends under way on one connection. The server rejects more than its limit. */
export class SendSlots {
  #free: number = limits.maxUnackedSends
  readonly #waiting: (() => void)[] = []

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}
