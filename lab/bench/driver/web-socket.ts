import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { frameReader, opcodes } from './frame-reader.ts'

/** An open connection of the driver, for any protocol. */
export type Wire = {
  sendText(text: string): void
  /** Ends the connection without a close frame, as a lost network would. No event follows. */
  cut(): void
}

export type WireEvents = {
  /** Takes one message. The bytes belong to the reader's buffer: use them before you return. */
  received(payload: Buffer): void
  /** The connection ended, or the received bytes are no valid frame. */
  broken(what: string): void
}

const headEnd = '\r\n\r\n'
/**
 * Every frame of a client is masked (RFC 6455 §5.3). A key of zeros leaves the bytes as they are.
 * An unpredictable key protects proxies, and here are none.
 */
const isMasked = 0x80
const noMask = '\0\0\0\0'

/**
 * Opens a WebSocket (RFC 6455) with as little CPU as possible, since the measured servers share the
 * machine. There are no extensions and no fragments. What is sent within a tick goes out as one
 * write.
 */
export async function openWebSocket(
  { url, subprotocol }: { readonly url: string; readonly subprotocol?: string },
  events: WireEvents,
): Promise<Wire> {
  const { hostname, port, pathname, search } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  const write = (opcode: number, payload: string | Buffer) => {
    if (socket.writableCorked === 0) {
      socket.cork()
      process.nextTick(() => socket.uncork())
    }
    socket.write(headerOf(opcode, Buffer.byteLength(payload)), 'latin1')
    socket.write(payload)
  }
  let isCut = false
  const broken = (what: string) => {
    if (!isCut) events.broken(what)
  }
  const readFrames = frameReader((opcode, payload) => {
    if (opcode === opcodes.text) events.received(payload)
    else if (opcode === opcodes.ping) write(opcodes.pong, Buffer.from(payload))
    else if (opcode === opcodes.close) broken(`closed: ${describeClose(payload)}`)
    else if (opcode !== opcodes.pong) broken(`a frame of kind ${opcode}`)
  })
  await new Promise<void>((resolve, reject) => {
    let head = ''
    socket.on('error', (error) => {
      broken(`socket: ${error.message}`)
      reject(error)
    })
    socket.on('close', () => {
      broken('the connection ended')
      reject(new Error('the connection ended'))
    })
    socket.on('data', function handshake(chunk: Buffer) {
      head += chunk.toString('latin1')
      const end = head.indexOf(headEnd)
      if (end < 0) return
      if (!head.startsWith('HTTP/1.1 101')) {
        reject(new Error(`no WebSocket: ${head.slice(0, end)}`))
        return
      }
      socket.off('data', handshake)
      socket.pause()
      const rest = Buffer.from(head.slice(end + headEnd.length), 'latin1')
      // The caller has the connection before the first frame is read.
      setImmediate(() => {
        socket.on('data', readFrames)
        if (rest.length > 0) readFrames(rest)
        socket.resume()
      })
      resolve()
    })
    socket.write(upgradeRequest(`${hostname}:${port}`, `${pathname}${search}`, subprotocol))
  })
  return {
    sendText: (text) => write(opcodes.text, text),
    cut: () => {
      isCut = true
      socket.destroy()
    },
  }
}

function upgradeRequest(host: string, path: string, subprotocol: string | undefined): string {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ]
  return `${lines.join('\r\n')}${headEnd}`
}

/**
 * Returns a frame header as latin1: FIN, opcode, length in one or three bytes, mask. A driver sends
 * less than 64 KiB.
 */
function headerOf(opcode: number, length: number): string {
  const first = String.fromCharCode(0x80 | opcode)
  if (length < 126) return `${first}${String.fromCharCode(isMasked | length)}${noMask}`
  return `${first}${String.fromCharCode(isMasked | 126, length >> 8, length & 0xff)}${noMask}`
}

const describeClose = (payload: Buffer): string =>
  payload.length < 2 ? 'without a code' : `${payload.readUInt16BE(0)} ${payload.subarray(2).toString()}`
