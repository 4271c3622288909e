import {
  type ConversationId,
  type DeviceId,
  errors,
  type ServerFrame,
  type ServerFrames,
  subprotocol,
} from '@fastchat/schema'
import { seededEpoch, seededGroupNo, seededSeq } from '@fastchat/tests/seed'
import { v7 as uuidv7 } from 'uuid'
import { WebSocket } from 'ws'
import { opaqueEnvelope } from '../../bench/envelope.ts'
import { pick } from '../random.ts'
import { hashOf, type Journal } from './journal.ts'

export type LightDeviceOptions = {
  readonly device: DeviceId
  /** One that is still good when it connects. */
  readonly token: () => string
  readonly pods: readonly string[]
  /** Of the whole installation: where the paths lead that a pod which ends offers. */
  readonly origin: string
  readonly conversations: readonly ConversationId[]
  readonly journal: Pick<Journal, 'write'>
  readonly random: () => number
}

type Item = { readonly id: string; readonly envelope: string; isInFlight: boolean }
type Line = { readonly conversation: ConversationId; readonly items: Item[]; mustRestart: boolean; cursor: number }

/** Of one conversation; the protocol allows 32 of one connection. */
const window = 8
const ackAfterMs = 50
const retry = { baseMs: 100, capMs: 1_500 }
/** A pod that takes the connection and says nothing. */
const readyWithinMs = 5_000
/** Pongs come with everything else; a link that brings nothing for so long is dead. */
const silentMs = 6_000
const pingEveryMs = 2_000

/**
 * A device that speaks the protocol with bytes in place of messages: it sends, sends again until it is answered, receives each message
 * once, acks, and comes back to any pod. It keeps all in memory and is not killed.
 */
export class LightDevice {
  readonly #options: LightDeviceOptions
  readonly #lines: ReadonlyMap<string, Line>
  readonly #byId = new Map<string, Line>()
  readonly #unacked = new Set<Line>()
  #socket: WebSocket | undefined
  #isReady = false
  #attempts = 0
  #heardAt = 0
  #isStopped = false
  acked = 0
  connects = 0
  /** Where the pod that ends has said to go, and when. */
  #offered: readonly string[] = []
  #pauseMs = 0
  readonly refusals = new Map<string, number>()
  /** How its connections ended, once they were ready: how often with each close code. */
  readonly closes = new Map<number, number>()
  /** How often a handshake was answered with each HTTP status that is no upgrade. */
  readonly turnedAway = new Map<number, number>()

  constructor(options: LightDeviceOptions) {
    this.#options = options
    this.#lines = new Map(
      options.conversations.map((conversation) => [
        conversation,
        { conversation, items: [], mustRestart: true, cursor: seededSeq },
      ]),
    )
    this.#connect()
  }

  get isOnline(): boolean {
    return this.#isReady
  }

  get pending(): number {
    let pending = 0
    for (const { items } of this.#lines.values()) pending += items.length
    return pending
  }

  get cursors() {
    return [...this.#lines.values()].map(({ conversation, cursor }) => ({
      device: this.#options.device,
      conversation,
      seq: cursor,
    }))
  }

  send(): void {
    const { journal, device, random } = this.#options
    const line = pick(random, [...this.#lines.values()])
    const bytes = opaqueEnvelope(line.conversation)
    const id = uuidv7()
    line.items.push({ id, envelope: bytes.toString('base64url'), isInFlight: false })
    this.#byId.set(id, line)
    journal.write({ op: 'send', type: 'invoke', device, conv: line.conversation, id, hash: hashOf(bytes) })
    this.#pump(line)
  }

  reconnect(): void {
    this.#socket?.close()
  }

  stop(): void {
    this.#isStopped = true
    this.#socket?.terminate()
  }

  #connect(): void {
    const { pods, random, device, journal, token } = this.#options
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
    socket.on('open', () => {
      const cursors = Object.fromEntries(
        [...this.#lines.values()].map(({ conversation, cursor }) => [conversation, cursor]),
      )
      socket.send(JSON.stringify({ t: 'hello', id: 'hello', token: token(), cursors }))
    })
    for (const event of ['message', 'pong', 'open']) socket.on(event, () => (this.#heardAt = performance.now()))
    // A pod sends nothing but its frames.
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as ServerFrame))
    socket.on('error', ({ message }) => {
      const [, status] = /^Unexpected server response: (\d{3})$/.exec(message) ?? []
      if (status !== undefined) count(this.turnedAway, Number(status))
    })
    socket.on('close', (code) => {
      clearInterval(watch)
      if (this.#isReady && !this.#isStopped) count(this.closes, code)
      if (this.#isReady) journal.write({ op: 'conn', type: 'down', device })
      this.#isReady = false
      if (this.#isStopped) return
      const ms = Math.min(retry.capMs, retry.baseMs * 2 ** this.#attempts++)
      setTimeout(() => this.#connect(), this.#pauseMs || ms * (0.5 + random()))
      this.#pauseMs = 0
    })
  }

  #receive(frame: ServerFrame): void {
    switch (frame.t) {
      case 'ready':
        this.#isReady = true
        this.#attempts = 0
        this.connects++
        this.#options.journal.write({ op: 'conn', type: 'up', device: this.#options.device })
        for (const line of this.#lines.values()) this.#restart(line)
        break
      case 'message':
        this.#show(frame)
        break
      case 'gap': {
        const { conversation, from, to } = frame
        this.#options.journal.write({ op: 'gap', device: this.#options.device, conv: conversation, from, to })
        const line = this.#lines.get(conversation)
        if (line) line.cursor = Math.max(line.cursor, to)
        break
      }
      case 'ok':
        this.#stored(frame)
        break
      case 'error':
        this.#refused(frame)
        break
      case 'reconnect':
        this.#offered = frame.candidates.map(({ url }) => this.#options.origin.replace(/^http/, 'ws') + url)
        this.#pauseMs = frame.afterMs
        break
      default:
    }
  }

  #show({ conversation, seq, id, kind, envelope }: ServerFrames['message']): void {
    const line = this.#lines.get(conversation)
    if (!line || seq <= line.cursor) return
    line.cursor = seq
    if (kind === 'application' && envelope !== undefined) {
      const hash = hashOf(Buffer.from(envelope, 'base64url'))
      this.#options.journal.write({ op: 'show', device: this.#options.device, conv: conversation, seq, id, hash })
    }
    if (this.#unacked.size === 0) setTimeout(() => this.#ack(), ackAfterMs)
    this.#unacked.add(line)
  }

  #ack(): void {
    for (const { conversation, cursor } of this.#unacked)
      if (this.#isReady) this.#socket?.send(JSON.stringify({ t: 'ack', conversation, seq: cursor }))
    this.#unacked.clear()
  }

  #stored({ id, seq }: ServerFrames['ok']): void {
    const line = this.#byId.get(id)
    if (!line || seq === undefined) return
    this.#byId.delete(id)
    const at = line.items.findIndex((item) => item.id === id)
    if (at >= 0) line.items.splice(at, 1)
    this.acked++
    const { journal, device } = this.#options
    journal.write({ op: 'send', type: 'ok', device, conv: line.conversation, id, seq })
    this.#pump(line)
  }

  #refused({ id, code, retryMs = 100 }: ServerFrames['error']): void {
    const line = id === undefined ? undefined : this.#byId.get(id)
    if (!line || id === undefined) return
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
    if (!errors[code].retry && code !== 'out_of_line') {
      this.#byId.delete(id)
      line.items.splice(
        line.items.findIndex((item) => item.id === id),
        1,
      )
      this.#options.journal.write({
        op: 'send',
        type: 'fail',
        device: this.#options.device,
        conv: line.conversation,
        id,
        code,
      })
    }
    if (line.mustRestart) return
    line.mustRestart = true
    setTimeout(() => this.#restart(line), retryMs)
  }

  /** From the oldest on, as the protocol asks after a refusal and after a connection is made. */
  #restart(line: Line): void {
    if (!this.#isReady) return
    for (const item of line.items) item.isInFlight = false
    line.mustRestart = false
    this.#pump(line, true)
  }

  #pump(line: Line, isFirst = false): void {
    if (!this.#isReady || line.mustRestart) return
    for (const item of line.items.slice(0, window)) {
      if (item.isInFlight) continue
      item.isInFlight = true
      const { id, envelope } = item
      const place = { conversation: line.conversation, groupNo: seededGroupNo, epoch: seededEpoch }
      this.#socket?.send(JSON.stringify({ t: 'send', id, ...place, envelope, ...(isFirst && { first: true }) }))
      isFirst = false
    }
  }
}

function count(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
