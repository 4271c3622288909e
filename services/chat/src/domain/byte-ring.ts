/**
 * Pieces of bytes, first in, first out, in one buffer that grows to at most `maxBytes`. They are copied in and out, so nothing of
 * theirs stays on the heap: kept one by one, thousands of young objects a second would live just long enough to be
 * collected as old ones, which costs a busy pod a tenth of its time and halts it for tens of milliseconds.
 */
export class ByteRing {
  readonly #maxBytes: number
  readonly #lengths: number[] = []
  #bytes = Buffer.alloc(0)
  #start = 0
  #used = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get count(): number {
    return this.#lengths.length
  }

  /** What it takes, used or not. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** Whether a piece of `length` bytes fits beside all that are there. */
  fits(length: number): boolean {
    return this.#used + length <= this.#maxBytes
  }

  /** `piece` must fit. */
  push(piece: Buffer): void {
    if (this.#used + piece.length > this.#bytes.length) this.#grow(this.#used + piece.length)
    const at = (this.#start + this.#used) % this.#bytes.length
    const copied = piece.copy(this.#bytes, at)
    if (copied < piece.length) piece.copy(this.#bytes, 0, copied)
    this.#used += piece.length
    this.#lengths.push(piece.length)
  }

  /** Takes the oldest piece away. */
  shift(): void {
    const length = this.#lengths.shift() ?? 0
    this.#start = this.#bytes.length === 0 ? 0 : (this.#start + length) % this.#bytes.length
    this.#used -= length
  }

  /** Copies of all pieces but the `skip` oldest. */
  slice(skip: number): Buffer[] {
    const pieces: Buffer[] = []
    let at = this.#start
    for (const [n, length] of this.#lengths.entries()) {
      if (n >= skip) pieces.push(this.#read(at, length))
      at = (at + length) % this.#bytes.length
    }
    return pieces
  }

  #read(at: number, length: number): Buffer {
    const piece = Buffer.allocUnsafe(length)
    const copied = this.#bytes.copy(piece, 0, at, at + length)
    if (copied < length) this.#bytes.copy(piece, copied, 0, length - copied)
    return piece
  }

  #grow(needed: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(this.#maxBytes, 2 * this.#bytes.length)))
    this.#read(this.#start, this.#used).copy(bytes)
    this.#bytes = bytes
    this.#start = 0
  }
}
