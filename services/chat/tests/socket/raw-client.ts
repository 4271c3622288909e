import { connectionErrors, frameErrors, type ServerFrame, type ServerFrames, subprotocol } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { WebSocket } from 'ws'

export type RawOptions = {
  /** Whether the client acks each message that it gets. */
  readonly isAcking?: boolean
}

/** Returns the error codes that the contract declares for a frame. */
const declared = (t: string): readonly string[] => [
  ...connectionErrors,
  ...(Object.hasOwn(frameErrors, t) ? frameErrors[t as keyof typeof frameErrors] : []),
]

type Answer = ServerFrames['ok' | 'error' | 'ready']

/** A plain WebSocket client. It sends the given frames and records those received. */
export class RawClient {
  readonly ws: WebSocket
  readonly frames: ServerFrame[] = []
  closed: { readonly code: number; readonly reason: string } | undefined
  #nextId = 1

  constructor(url: string, { isAcking = true }: RawOptions = {}) {
    this.ws = new WebSocket(url, subprotocol)
    this.ws.on('message', (data) => {
      const frame = JSON.parse(String(data)) as ServerFrame
      this.frames.push(frame)
      if (frame.t === 'message' && isAcking) {
        this.send({ t: 'ack', conversation: frame.conversation, seq: frame.seq })
      }
    })
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
    this.ws.on('error', () => {})
  }

  async opened(): Promise<this> {
    if (this.ws.readyState === WebSocket.CONNECTING) await new Promise((resolve) => this.ws.once('open', resolve))
    return this
  }

  /** Returns why the connection was rejected. */
  async rejected(): Promise<string> {
    const error = await new Promise<Error>((resolve) => this.ws.once('error', resolve))
    return error.message
  }

  send(frame: object): void {
    this.ws.send(JSON.stringify(frame))
  }

  sendText(text: string): void {
    this.ws.send(text)
  }

  all<T extends ServerFrame['t']>(t: T): ServerFrames[T][] {
    return this.frames.filter((frame): frame is ServerFrames[T] & ServerFrame => frame.t === t) as ServerFrames[T][]
  }

  /** Returns the positions delivered of a conversation, in the order of arrival. */
  seqs(conversation: string): number[] {
    return this.all('message')
      .filter((frame) => frame.conversation === conversation)
      .map(({ seq }) => seq)
  }

  /** Returns the answer to the request `id` among the frames from `since` on. */
  answer(id: string, since = 0): Answer | undefined {
    const isAnswer = (frame: ServerFrame): frame is Answer =>
      (frame.t === 'ok' || frame.t === 'error' || frame.t === 'ready') && frame.id === id
    return this.frames.slice(since).find(isAnswer)
  }

  /** Sends a request and waits for its `ok`, `ready` or `error`. */
  async ask(frame: { t: string; id?: string } & Record<string, unknown>) {
    const id = frame.id ?? `r${this.#nextId++}`
    const since = this.frames.length
    this.send({ ...frame, id })
    const answer = await eventually(() => {
      const found = this.answer(id, since)
      if (!found) throw new Error(`no answer to ${frame.t}; came: ${this.describe()}`)
      return found
    })
    if (answer.t === 'error' && !declared(frame.t).includes(answer.code))
      throw new Error(`${frame.t} does not declare ${answer.code}`)
    return answer
  }

  async untilClosed(): Promise<{ readonly code: number; readonly reason: string }> {
    return await eventually(
      () => {
        if (!this.closed) throw new Error(`not closed; came: ${this.describe()}`)
        return this.closed
      },
      { timeoutMs: 10_000 },
    )
  }

  async untilSynced(): Promise<void> {
    await eventually(
      () => {
        if (this.all('synced').length === 0) throw new Error(`not synced; came: ${this.describe()}`)
      },
      { timeoutMs: 10_000 },
    )
  }

  close(): void {
    this.ws.close()
  }

  describe(): string {
    return this.frames
      .slice(-20)
      .map((frame) => JSON.stringify(frame).slice(0, 120))
      .join('\n')
  }
}
