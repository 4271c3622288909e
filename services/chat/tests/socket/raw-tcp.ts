import { connect, type Socket } from 'node:net'
import { eventually } from '@fastchat/testkit'

/** A WebSocket client that may violate RFC 6455. It writes any given bytes. */
export class RawTcp {
  readonly socket: Socket
  #received = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes])
    })
    socket.on('error', () => undefined)
  }

  static async open(url: string): Promise<RawTcp> {
    const { hostname, port, pathname, host } = new URL(url)
    const socket = connect(Number(port), hostname)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const client = new RawTcp(socket)
    const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13'
    socket.write(`GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\n${upgrade}\r\nsec-websocket-key: ${key}\r\n\r\n`)
    await eventually(() => {
      if (!client.#received.includes('\r\n\r\n')) throw new Error('no answer to the handshake')
    })
    const end = client.#received.indexOf('\r\n\r\n')
    const head = client.#received.subarray(0, end).toString()
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(head)
    client.#received = client.#received.subarray(end + 4)
    return client
  }

  /** Writes one frame (RFC 6455 §5.2) of at most 64 KiB, masked with zeros by default. */
  frame(first: number, payload: Buffer | string, { isMasked = true } = {}): void {
    const body = Buffer.from(payload)
    const mask = isMasked ? 0x80 : 0
    const length = body.length < 126 ? [mask | body.length] : [mask | 126, body.length >> 8, body.length & 0xff]
    this.socket.write(Buffer.concat([Buffer.from([first, ...length]), Buffer.alloc(isMasked ? 4 : 0), body]))
  }

  /** Returns the received bytes as text. */
  text(): string {
    return this.#received.toString()
  }

  /** Returns the code of the server's close frame. */
  closeCode(): Promise<number> {
    return eventually(
      () => {
        const code = codeIn(this.#received)
        if (code === undefined) throw new Error(`no close among ${this.#received.length} bytes`)
        return code
      },
      { timeoutMs: 20_000 },
    )
  }
}

const key = Buffer.alloc(16).toString('base64')

function codeIn(frames: Buffer): number | undefined {
  for (let at = 0; at + 4 <= frames.length; ) {
    const opcode = frames.readUInt8(at) & 0x0f
    if (opcode === 8) return frames.readUInt16BE(at + 2)
    const short = frames.readUInt8(at + 1)
    at += short < 126 ? 2 + short : 4 + frames.readUInt16BE(at + 2)
  }
  return undefined
}
