/** Maps names to small numbers, because histories contain the same ids millions of times. */
export class Names {
  readonly #numbers = new Map<string, number>()
  readonly #names: string[] = []

  numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#names.push(name)
    this.#numbers.set(name, this.#names.length - 1)
    return this.#names.length - 1
  }

  nameOf(number: number): string {
    return this.#names[number] ?? '?'
  }
}
