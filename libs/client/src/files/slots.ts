/** Limits how much work goes on at one time. */
export class Slots {
  readonly #max: number
  readonly #waiting: (() => void)[] = []
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  /** Resolves when there is room, or `signal` aborts. Call `free` once in either case. */
  async take(signal: AbortSignal): Promise<void> {
    while (this.#taken >= this.#max && !signal.aborted)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    this.#taken++
  }

  free(): void {
    this.#taken--
    this.#waiting.shift()?.()
  }
}
