/** RFC 6455 §5.2. */
export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const

/** The longest frame that a pod sends is far below: it is no more than what HTTP would be used for. */
const maxFrameBytes = 16 * 1024 * 1024

/** Takes a server's frames (never masked, here never fragmented) out of what arrives, however it is cut. */
export function frameReader(onFrame: (opcode: number, payload: Buffer) => void): (chunk: Buffer) => void {
  let kept: Buffer | undefined
  return (chunk) => {
    const bytes = kept === undefined ? chunk : Buffer.concat([kept, chunk])
    let at = 0
    for (;;) {
      const frame = readFrame(bytes, at)
      if (frame === undefined) break
      onFrame(bytes[at]! & 0x0f, bytes.subarray(frame.from, frame.to))
      at = frame.to
    }
    // A copy: the buffer that the chunk lies in is used again.
    kept = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined
  }
}

/** Where the payload of the frame that begins at `at` lies; `undefined` while it is not all there. */
function readFrame(bytes: Buffer, at: number): { readonly from: number; readonly to: number } | undefined {
  if (bytes.length < at + 2) return undefined
  const short = bytes[at + 1]! & 0x7f
  const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0
  const from = at + 2 + lengthBytes
  if (bytes.length < from) return undefined
  const length =
    lengthBytes === 0 ? short : lengthBytes === 2 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
  if (length > maxFrameBytes) throw new Error(`a frame of ${length} bytes`)
  return bytes.length < from + length ? undefined : { from, to: from + length }
}
