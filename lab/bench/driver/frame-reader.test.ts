import { expect, test } from 'vitest'
import { frameReader, opcodes } from './frame-reader.ts'

const frame = (opcode: number, payload: string): Buffer => {
  const body = Buffer.from(payload)
  const length = Buffer.alloc(body.length < 126 ? 1 : body.length < 65_536 ? 3 : 9)
  if (length.length === 1) length[0] = body.length
  else if (length.length === 3) length.writeUInt16BE(body.length, 1)
  else length.writeBigUInt64BE(BigInt(body.length), 1)
  if (length.length > 1) length[0] = length.length === 3 ? 126 : 127
  return Buffer.concat([Buffer.of(0x80 | opcode), length, body])
}

test.each([1, 2, 3, 7, 1_000, 1_000_000])(
  'frames of all lengths are read whole from pieces of %i bytes',
  (pieceBytes) => {
    const payloads = ['', 'a', 'b'.repeat(125), 'c'.repeat(126), 'd'.repeat(65_535), 'e'.repeat(65_536), 'end']
    const bytes = Buffer.concat([...payloads.map((payload) => frame(opcodes.text, payload)), frame(opcodes.ping, 'p')])
    const seen: string[] = []
    const read = frameReader((opcode, payload) => seen.push(`${opcode}${payload.toString()}`))
    // Small pieces are used only near the headers: 64 KiB byte by byte would copy gigabytes.
    let at = 0
    while (at < bytes.length) {
      const step = pieceBytes < 100 && at > 400 && at < bytes.length - 20 ? 30_011 : pieceBytes
      read(bytes.subarray(at, at + step))
      at += step
    }
    expect(seen).toEqual([...payloads.map((payload) => `1${payload}`), '9p'])
  },
)
