export type Show = { readonly at: number; readonly seq: number; readonly id: number; readonly hash: number }

const firstCapacity = 64

/** The messages that a device has shown, stored in columns, because a run has millions. */
export class Shows implements Iterable<Show> {
  #at = new Float64Array(firstCapacity)
  #seq = new Float64Array(firstCapacity)
  #id = new Uint32Array(firstCapacity)
  #hash = new Float64Array(firstCapacity)
  #length = 0
  #isSorted = true

  push({ at, seq, id, hash }: Show): void {
    const n = this.#length++
    if (n === this.#at.length) this.#grow()
    if (n > 0 && at < (this.#at[n - 1] ?? 0)) this.#isSorted = false
    this.#at[n] = at
    this.#seq[n] = seq
    this.#id[n] = id
    this.#hash[n] = hash
  }

  /** Sorts by time. Messages of the same time stay in the order in which they came. */
  sort(): void {
    if (this.#isSorted) return
    const order = Uint32Array.from({ length: this.#length }, (_, n) => n)
    order.sort((a, b) => (this.#at[a] ?? 0) - (this.#at[b] ?? 0) || a - b)
    this.#at = Float64Array.from(order, (n) => this.#at[n] ?? 0)
    this.#seq = Float64Array.from(order, (n) => this.#seq[n] ?? 0)
    this.#id = Uint32Array.from(order, (n) => this.#id[n] ?? 0)
    this.#hash = Float64Array.from(order, (n) => this.#hash[n] ?? 0)
    this.#isSorted = true
  }

  *[Symbol.iterator](): Generator<Show> {
    for (let n = 0; n < this.#length; n++)
      yield { at: this.#at[n] ?? 0, seq: this.#seq[n] ?? 0, id: this.#id[n] ?? 0, hash: this.#hash[n] ?? 0 }
  }

  #grow(): void {
    const capacity = this.#at.length * 2
    const floats = (old: Float64Array<ArrayBuffer>) => {
      const grown = new Float64Array(capacity)
      grown.set(old)
      return grown
    }
    const id = new Uint32Array(capacity)
    id.set(this.#id)
    this.#at = floats(this.#at)
    this.#seq = floats(this.#seq)
    this.#id = id
    this.#hash = floats(this.#hash)
  }
}
