import { type ClientFrame, type ServerFrame, subprotocol } from '@fastchat/schema'

/** A WebSocket client that sends and receives plain JSON, as a client of another vendor might. */
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

  /** Sends any text or bytes. */
  write(text: string | Uint8Array<ArrayBuffer>): void {
    this.#ws.send(text)
  }

  /** Sends a request and returns the answer with its id. */
  async ask(frame: ClientFrame & { id: string }): Promise<ServerFrame> {
    const from = this.frames.length
    this.write(JSON.stringify(frame))
    return await this.until((answer) => 'id' in answer && answer.id === frame.id && answer.t !== 'message', from)
  }

  /** Returns the first wanted frame, counted from number `from`. It may have arrived already. */
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
