import { type ServerFrame, subprotocol } from '@fastchat/schema'
import { WebSocket } from 'ws'
import { pick } from '../random.ts'

export type LightLinkOptions = {
  /** Returns a token that is still valid when the device connects. */
  readonly token: () => string
  readonly pods: readonly string[]
  /** The origin of the installation. A pod that shuts down offers paths relative to it. */
  readonly origin: string
  readonly random: () => number
}

type Port = {
  /** Returns the positions up to which the device has everything. */
  cursors(): Readonly<Record<string, number>>
  /** Called with each frame, also with `ready`. */
  received(frame: ServerFrame): void
  /** Called when an established connection has ended. */
  lost(): void
}

const retry = { baseMs: 100, capMs: 1_500 }
/** A pod that accepts the connection and sends nothing for this long is given up. */
const readyWithinMs = 5_000
/** A link on which nothing arrives for this long is dead, as pongs arrive among the frames. */
const silentMs = 6_000
const pingEveryMs = 2_000

/** The connection of a light device. It reconnects to any pod until it is stopped. */
export class LightLink {
  readonly #options: LightLinkOptions
  readonly #port: Port
  #socket: WebSocket | undefined
  #isReady = false
  #attempts = 0
  #heardAt = 0
  #isStopped = false
  connects = 0
  /** The pods that a pod which shuts down has offered, and the delay before connecting. */
  #offered: readonly string[] = []
  #pauseMs = 0
  /** Counts of the close codes of its established connections. */
  readonly closes = new Map<number, number>()
  /** Counts of the HTTP statuses with which handshakes were rejected. */
  readonly rejectedHandshakes = new Map<number, number>()

  constructor(options: LightLinkOptions, port: Port) {
    this.#options = options
    this.#port = port
  }

  get isReady(): boolean {
    return this.#isReady
  }

  send(frame: object): void {
    this.#socket?.send(JSON.stringify(frame))
  }

  reconnect(): void {
    this.#socket?.close()
  }

  stop(): void {
    this.#isStopped = true
    this.#socket?.terminate()
  }

  connect(): void {
    const { pods, random, token } = this.#options
    const offered = this.#offered
    this.#offered = []
    const socket = new WebSocket(pick(random, offered.length > 0 ? offered : pods), subprotocol, {
      handshakeTimeout: readyWithinMs,
    })
    this.#socket = socket
    this.#heardAt = performance.now()
    const watch = setInterval(() => {
      if (performance.now() - this.#heardAt > silentMs) socket.terminate()
      else if (socket.readyState === socket.OPEN) socket.ping()
    }, pingEveryMs)
    socket.on('open', () => this.send({ t: 'hello', id: 'hello', token: token(), cursors: this.#port.cursors() }))
    for (const event of ['message', 'pong', 'open']) socket.on(event, () => (this.#heardAt = performance.now()))
    // A pod sends only its frames.
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as ServerFrame))
    socket.on('error', ({ message }) => {
      const [, status] = /^Unexpected server response: (\d{3})$/.exec(message) ?? []
      if (status !== undefined) count(this.rejectedHandshakes, Number(status))
    })
    socket.on('close', (code) => {
      clearInterval(watch)
      if (this.#isReady && !this.#isStopped) count(this.closes, code)
      if (this.#isReady) this.#port.lost()
      this.#isReady = false
      if (this.#isStopped) return
      const ms = Math.min(retry.capMs, retry.baseMs * 2 ** this.#attempts++)
      setTimeout(() => this.connect(), this.#pauseMs || ms * (0.5 + random()))
      this.#pauseMs = 0
    })
  }

  #receive(frame: ServerFrame): void {
    if (frame.t === 'ready') {
      this.#isReady = true
      this.#attempts = 0
      this.connects++
    }
    if (frame.t === 'reconnect') {
      this.#offered = frame.candidates.map(({ url }) => this.#options.origin.replace(/^http/, 'ws') + url)
      this.#pauseMs = frame.afterMs
    }
    this.#port.received(frame)
  }
}

function count(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
