/** The first byte of a text frame: FIN and opcode 1 (RFC 6455 §5.2). */
const finalText = 0x81

/**
 * Returns `text` as a whole WebSocket text frame from a server. It is unmasked and uncompressed, so
 * one frame serves all sockets that receive a message.
 */
export function textFrame(text: Buffer | string): Buffer {
  const length = typeof text === 'string' ? Buffer.byteLength(text) : text.length
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const frame = Buffer.allocUnsafe(2 + extended + length)
  frame[0] = finalText
  frame[1] = extended === 0 ? length : extended === 2 ? 126 : 127
  if (extended === 2) frame.writeUInt16BE(length, 2)
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2)
  if (typeof text === 'string') frame.write(text, 2 + extended)
  else text.copy(frame, 2 + extended)
  return frame
}
