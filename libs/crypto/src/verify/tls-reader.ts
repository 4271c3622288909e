import { HandshakeError } from './handshake-error.ts'

/**
 * Reads the TLS presentation language of RFC 9420 §2.1 from the front, without copying. Lengths
 * must be in their shortest form. Every method throws HandshakeError `malformed` when the bytes end
 * too early.
 */
export class TlsReader {
  readonly bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.#at = at
  }

  get at(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at === this.bytes.length
  }

  uint8(): number {
    const byte = this.bytes[this.#at]
    if (byte === undefined) throw new HandshakeError('malformed', 'bytes end too early')
    this.#at++
    return byte
  }

  uint16(): number {
    return this.uint8() * 0x100 + this.uint8()
  }

  uint32(): number {
    return this.uint16() * 0x10000 + this.uint16()
  }

  uint64(): bigint {
    return BigInt(this.uint32()) * 0x100000000n + BigInt(this.uint32())
  }

  take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.bytes.length) throw new HandshakeError('malformed', 'bytes end too early')
    const taken = this.bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }

  /** Returns the bytes of a variable-size vector (RFC 9420 §2.1.2). */
  vector(): Uint8Array {
    return this.take(this.#length())
  }

  /** Skips a variable-size vector. @returns the number of its bytes */
  skipVector(): number {
    const length = this.#length()
    if (length > this.bytes.length - this.#at) throw new HandshakeError('malformed', 'bytes end too early')
    this.#at += length
    return length
  }

  /** Skips to the position up to which another decoder has read. */
  skipTo(at: number): void {
    if (at < this.#at || at > this.bytes.length) throw new HandshakeError('malformed', 'bytes end too early')
    this.#at = at
  }

  /** @throws HandshakeError `malformed` when bytes are left over */
  end(): void {
    if (!this.isAtEnd) throw new HandshakeError('malformed', 'bytes left over')
  }

  #length(): number {
    const first = this.uint8()
    if (first < 0x40) return first
    if (first >= 0xc0) throw new HandshakeError('malformed', 'length in no known form')
    const isShort = first < 0x80
    const head = first & 0x3f
    const length = isShort ? head * 0x100 + this.uint8() : (head * 0x100 + this.uint8()) * 0x10000 + this.uint16()
    if (length < (isShort ? 0x40 : 0x4000)) throw new HandshakeError('malformed', 'length not in its shortest form')
    return length
  }
}
