/** The opcodes of RFC 6455 §5.2 that servers send. */
export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const

/** The longest frame accepted. A pod's frames are far shorter; it sends large content over HTTP. */
const maxFrameBytes = 16 * 1024 * 1024

/**
 * Returns a function that cuts a server's frames out of received chunks, wherever the chunks end.
 * The frames are not masked, and here never fragmented.
 */
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
    // This copies the rest, since the buffer under the chunk is used again.
    kept = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined
  }
}

/**
 * Returns where the payload of the frame at `at` begins and ends; `undefined` while it is
 * incomplete.
 */
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
