/** Enough to see what kind of trouble it is. */
const maxKept = 5

/** What must not happen, and did. One fault fails the bench: figures of a system that loses messages mean nothing. */
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

  /** @throws Error with the first faults */
  check(): void {
    if (this.any) throw new Error(`${this.#count} faults: ${this.#kept.join('; ')}`)
  }
}
