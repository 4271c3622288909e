/**
 * Runs tasks one after the other, in the order of the calls. A failed task does not stop the next.
 */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  run<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting++
    const result = this.#last.then(task, task).finally(() => {
      this.#waiting--
    })
    this.#last = result.catch(() => {})
    return result
  }

  get isIdle(): boolean {
    return this.#waiting === 0
  }

  /** Resolves when all tasks so far have run. */
  async idle(): Promise<void> {
    await this.#last
  }
}
