/**
 * A server for tests, of HTTP and WebSocket frames (RFC 6455), that follows the test's script. It
 * can also simulate dead links.
 */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type ClientFrame, type ServerFrame, subprotocol } from '@fastchat/schema'

export type Peer = { send(frame: ServerFrame): void; close(code: number): void; readonly socket: Socket }

export class TestServer {
  readonly frames: ClientFrame[] = []
  readonly peers: Peer[] = []
  onFrame: (peer: Peer, frame: ClientFrame) => void = () => {}
  onRequest: (request: IncomingMessage, response: ServerResponse) => void = (_, response) =>
    response.writeHead(404).end()
  onUpgrade: (accept: () => void) => void = (accept) => accept()
  /** The paths of all requested WebSockets. */
  readonly paths: string[] = []
  /** The paths at which WebSockets are rejected or redirected. */
  refused: ReadonlySet<string> = new Set()
  redirected: ReadonlyMap<string, string> = new Map()
  /** Closes are not answered, as on a dead link. */
  isDeaf = false
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    this.#server = createServer((request, response) => this.onRequest(request, response))
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    this.#server.on('upgrade', (request, socket) => {
      const path = request.url ?? ''
      this.paths.push(path)
      const location = this.redirected.get(path)
      if (location !== undefined) socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${location}\r\n\r\n`)
      else if (this.refused.has(path)) socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
      // The cast holds because a server of node:http gives TCP sockets.
      else this.onUpgrade(() => this.#accept(request, socket as Socket))
    })
  }

  static async start(): Promise<TestServer> {
    const server = new TestServer()
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #accept({ headers }: IncomingMessage, socket: Socket): void {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    const answer = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
    answer.push(`Sec-WebSocket-Accept: ${accept.digest('base64')}`, `Sec-WebSocket-Protocol: ${subprotocol}`, '', '')
    socket.write(answer.join('\r\n'))
    const peer: Peer = {
      socket,
      send: (frame) => socket.write(frameOf(1, Buffer.from(JSON.stringify(frame)))),
      close: (code) => socket.end(frameOf(8, Buffer.from([code >> 8, code & 255]))),
    }
    this.peers.push(peer)
    socket.on('error', () => {})
    let rest: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk])
      for (let read = unmask(rest); read; read = unmask(rest)) {
        rest = rest.subarray(read.length)
        if (read.opcode === 1) this.#receive(peer, JSON.parse(read.payload.toString()) as ClientFrame)
        if (read.opcode === 8 && !this.isDeaf) socket.end(frameOf(8, read.payload))
      }
    })
  }

  #receive(peer: Peer, frame: ClientFrame): void {
    this.frames.push(frame)
    this.onFrame(peer, frame)
  }
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const head =
    length < 126
      ? [length]
      : length < 0x10000
        ? [126, length >> 8, length & 255]
        : [127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head]), payload])
}

/** Returns one masked frame of less than 64 KiB, when all of it has arrived. */
function unmask(bytes: Buffer): { opcode: number; payload: Buffer; length: number } | undefined {
  if (bytes.length < 2) return undefined
  const isShort = (bytes[1]! & 127) < 126
  const at = isShort ? 2 : 4
  if (bytes.length < at) return undefined
  const size = isShort ? bytes[1]! & 127 : bytes.readUInt16BE(2)
  const length = at + 4 + size
  if (bytes.length < length) return undefined
  const mask = bytes.subarray(at, at + 4)
  const payload = Buffer.from(bytes.subarray(at + 4, length)).map((byte, n) => byte ^ mask[n % 4]!)
  return { opcode: bytes[0]! & 15, payload: Buffer.from(payload), length }
}
