import { type ClientFrame, type ServerFrame, subprotocol } from '@fastchat/schema'

/** A WebSocket client that knows nothing but JSON: what any other client could be. */
export class RawSocket {
  readonly frames: ServerFrame[] = []
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #ws: WebSocket
  #wake = Promise.withResolvers<void>()

  private constructor(ws: WebSocket) {
    this.#ws = ws
    const wake = () => {
      this.#wake.resolve()
      this.#wake = Promise.withResolvers()
    }
    ws.addEventListener('message', (event) => {
      this.frames.push(JSON.parse(String(event.data)) as ServerFrame)
      wake()
    })
    this.closed = new Promise((resolve) => {
      ws.addEventListener('close', ({ code, reason }) => {
        resolve({ code, reason })
        wake()
      })
    })
  }

  static async connect(url: string): Promise<RawSocket> {
    const ws = new WebSocket(url, subprotocol)
    const socket = new RawSocket(ws)
    await new Promise((resolve, reject) => {
      ws.addEventListener('open', resolve)
      ws.addEventListener('error', reject)
    })
    return socket
  }

  static async hello(url: string, token: string): Promise<RawSocket> {
    const socket = await RawSocket.connect(url)
    const answer = await socket.ask({ t: 'hello', id: 'h', token })
    if (answer.t !== 'ready') throw new Error(`no ready: ${JSON.stringify(answer)}`)
    return socket
  }

  /** Sends anything at all. */
  write(text: string | Uint8Array<ArrayBuffer>): void {
    this.#ws.send(text)
  }

  /** Sends a request and resolves with the answer that carries its id. */
  async ask(frame: ClientFrame & { id: string }): Promise<ServerFrame> {
    const from = this.frames.length
    this.write(JSON.stringify(frame))
    return await this.until((answer) => 'id' in answer && answer.id === frame.id && answer.t !== 'message', from)
  }

  /** The first frame, from the one numbered `from` on, that is wanted; also one that has come already. */
  async until(isWanted: (frame: ServerFrame) => boolean, from = 0): Promise<ServerFrame> {
    for (;;) {
      const { promise } = this.#wake
      const found = this.frames.slice(from).find(isWanted)
      if (found) return found
      if (this.#ws.readyState >= WebSocket.CLOSING) throw new Error(`closed; frames: ${JSON.stringify(this.frames)}`)
      await promise
    }
  }

  close(): void {
    this.#ws.close()
  }
}
