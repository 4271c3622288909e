import { once } from 'node:events'
import { WebSocket } from 'ws'
import { holds, Mismatch } from './expect.ts'

export type Frame = Readonly<Record<string, unknown>>

/** The time for an answer. The longest wait of the protocol is 5 s, for `hello`. */
const patienceMs = 15_000

/** A WebSocket that sends frames and keeps the received ones. */
export class Socket {
  readonly frames: Frame[] = []
  closeCode: number | undefined
  readonly #ws: WebSocket
  readonly #waiting = new Set<() => void>()

  private constructor(ws: WebSocket) {
    this.#ws = ws
    ws.on('message', (data) => {
      const frame: unknown = JSON.parse(String(data))
      holds(typeof frame === 'object' && frame !== null, 'a frame is not a JSON object')
      this.frames.push({ ...frame })
      this.#wake()
    })
    ws.on('close', (code) => {
      this.closeCode = code
      this.#wake()
    })
    ws.on('error', () => undefined) // the close event comes after it
  }

  static async open(url: string): Promise<Socket> {
    const ws = new WebSocket(url, 'fastchat.v1')
    await once(ws, 'open', { signal: AbortSignal.timeout(patienceMs) })
    return new Socket(ws)
  }

  send(...frames: readonly object[]): void {
    for (const frame of frames) this.sendText(JSON.stringify(frame))
  }

  sendText(text: string): void {
    this.#ws.send(text)
  }

  /** Resolves with the first frame for which `isIt` is true. @throws {Mismatch} when none comes */
  async until(what: string, isIt: (frame: Frame) => boolean): Promise<Frame> {
    await this.#wait(what, () => this.frames.some(isIt) || this.closeCode !== undefined)
    const found = this.frames.find(isIt)
    if (!found) throw new Mismatch(`${what}: closed with ${this.closeCode} before it came`)
    return found
  }

  /** Resolves with the answer to the request `id`. */
  answer(id: string): Promise<Frame> {
    const answers: readonly unknown[] = ['ok', 'error', 'ready']
    return this.until(`the answer to ${id}`, (frame) => frame.id === id && answers.includes(frame.t))
  }

  async closed(): Promise<number> {
    await this.#wait('the close', () => this.closeCode !== undefined)
    return this.closeCode ?? 0
  }

  end(): void {
    this.#ws.close(1000)
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }

  async #wait(what: string, isOver: () => boolean): Promise<void> {
    const late = AbortSignal.timeout(patienceMs)
    while (!isOver()) {
      if (late.aborted) throw new Mismatch(`${what} did not come within ${patienceMs} ms`)
      const { promise, resolve } = Promise.withResolvers<void>()
      const wake = () => resolve()
      late.addEventListener('abort', wake)
      this.#waiting.add(wake)
      await promise
      late.removeEventListener('abort', wake)
      this.#waiting.delete(wake)
    }
  }
}
