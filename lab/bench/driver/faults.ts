/** The number of faults kept; these are enough to see the kind of trouble. */
const maxKept = 5

/**
 * Collects violations of what a system promises. One fault fails the bench: the figures of a system
 * that loses messages mean nothing.
 */
export class Faults {
  readonly #kept: string[] = []
  #count = 0

  get any(): boolean {
    return this.#count > 0
  }

  add(what: string): void {
    this.#count++
    if (this.#kept.length < maxKept) this.#kept.push(what)
  }

  /** Checks that there was no fault. @throws Error with the first faults */
  check(): void {
    if (this.any) throw new Error(`${this.#count} faults: ${this.#kept.join('; ')}`)
  }
}
