/**
 * A first-in, first-out queue of byte pieces in one buffer, which grows to at most `maxBytes`.
 * Pieces are copied in and out, so none of them stays on the heap. Kept one by one, thousands of
 * young objects a second would live long enough to be collected as old ones. That costs a busy pod
 * a tenth of its time and halts it for tens of milliseconds.
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

  /** Bytes of memory that the ring takes, used or not. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** Whether a piece of `length` bytes fits beside the pieces in the ring. */
  fits(length: number): boolean {
    return this.#used + length <= this.#maxBytes
  }

  /** Adds a piece. It must fit. */
  push(piece: Buffer): void {
    if (this.#used + piece.length > this.#bytes.length) this.#grow(this.#used + piece.length)
    const at = (this.#start + this.#used) % this.#bytes.length
    const copied = piece.copy(this.#bytes, at)
    if (copied < piece.length) piece.copy(this.#bytes, 0, copied)
    this.#used += piece.length
    this.#lengths.push(piece.length)
  }

  /** Removes the oldest piece. */
  shift(): void {
    const length = this.#lengths.shift() ?? 0
    this.#start = this.#bytes.length === 0 ? 0 : (this.#start + length) % this.#bytes.length
    this.#used -= length
  }

  /** Returns copies of all pieces except the `skip` oldest. */
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
