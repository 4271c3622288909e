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
  /** Returns a token that is still valid when the device connects. */
  readonly token: () => string
  readonly pods: readonly string[]
  /** The origin of the installation. A pod that shuts down offers paths relative to it. */
  readonly origin: string
  readonly conversations: readonly ConversationId[]
  readonly journal: Pick<Journal, 'write'>
  readonly random: () => number
}

type Item = { readonly id: string; readonly envelope: string; isInFlight: boolean }
type ConversationState = {
  readonly conversation: ConversationId
  readonly items: Item[]
  mustRestart: boolean
  cursor: number
}

/** The most unacked sends of one conversation. The protocol allows 32 per connection. */
const window = 8
const ackAfterMs = 50
const retry = { baseMs: 100, capMs: 1_500 }
/** A pod that accepts the connection and sends nothing for this long is given up. */
const readyWithinMs = 5_000
/** A link on which nothing arrives for this long is dead, as pongs arrive among the frames. */
const silentMs = 6_000
const pingEveryMs = 2_000

/**
 * A device that speaks the protocol with random bytes as messages. It sends, retries until each
 * message is answered, receives each message once, acks, and reconnects to any pod. It keeps its
 * state in memory and is not killed.
 */
export class LightDevice {
  readonly #options: LightDeviceOptions
  readonly #states: ReadonlyMap<string, ConversationState>
  readonly #byId = new Map<string, ConversationState>()
  readonly #unacked = new Set<ConversationState>()
  #socket: WebSocket | undefined
  #isReady = false
  #attempts = 0
  #heardAt = 0
  #isStopped = false
  acked = 0
  connects = 0
  /** The pods that a pod which shuts down has offered, and the delay before connecting. */
  #offered: readonly string[] = []
  #pauseMs = 0
  readonly refusals = new Map<string, number>()
  /** Counts of the close codes of its established connections. */
  readonly closes = new Map<number, number>()
  /** Counts of the HTTP statuses with which handshakes were rejected. */
  readonly rejectedHandshakes = new Map<number, number>()

  constructor(options: LightDeviceOptions) {
    this.#options = options
    this.#states = new Map(
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
    for (const { items } of this.#states.values()) pending += items.length
    return pending
  }

  get cursors() {
    return [...this.#states.values()].map(({ conversation, cursor }) => ({
      device: this.#options.device,
      conversation,
      seq: cursor,
    }))
  }

  send(): void {
    const { journal, device, random } = this.#options
    const state = pick(random, [...this.#states.values()])
    const bytes = opaqueEnvelope(state.conversation)
    const id = uuidv7()
    state.items.push({ id, envelope: bytes.toString('base64url'), isInFlight: false })
    this.#byId.set(id, state)
    journal.write({ op: 'send', type: 'invoke', device, conv: state.conversation, id, hash: hashOf(bytes) })
    this.#pump(state)
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
        [...this.#states.values()].map(({ conversation, cursor }) => [conversation, cursor]),
      )
      socket.send(JSON.stringify({ t: 'hello', id: 'hello', token: token(), cursors }))
    })
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
        for (const state of this.#states.values()) this.#restart(state)
        break
      case 'message':
        this.#show(frame)
        break
      case 'gap': {
        const { conversation, from, to } = frame
        this.#options.journal.write({ op: 'gap', device: this.#options.device, conv: conversation, from, to })
        const state = this.#states.get(conversation)
        if (state) state.cursor = Math.max(state.cursor, to)
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
    const state = this.#states.get(conversation)
    if (!state || seq <= state.cursor) return
    state.cursor = seq
    if (kind === 'application' && envelope !== undefined) {
      const hash = hashOf(Buffer.from(envelope, 'base64url'))
      this.#options.journal.write({ op: 'show', device: this.#options.device, conv: conversation, seq, id, hash })
    }
    if (this.#unacked.size === 0) setTimeout(() => this.#ack(), ackAfterMs)
    this.#unacked.add(state)
  }

  #ack(): void {
    for (const { conversation, cursor } of this.#unacked)
      if (this.#isReady) this.#socket?.send(JSON.stringify({ t: 'ack', conversation, seq: cursor }))
    this.#unacked.clear()
  }

  #stored({ id, seq }: ServerFrames['ok']): void {
    const state = this.#byId.get(id)
    if (!state || seq === undefined) return
    this.#byId.delete(id)
    const at = state.items.findIndex((item) => item.id === id)
    if (at >= 0) state.items.splice(at, 1)
    this.acked++
    const { journal, device } = this.#options
    journal.write({ op: 'send', type: 'ok', device, conv: state.conversation, id, seq })
    this.#pump(state)
  }

  #refused({ id, code, retryMs = 100 }: ServerFrames['error']): void {
    const state = id === undefined ? undefined : this.#byId.get(id)
    if (!state || id === undefined) return
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
    if (!errors[code].retry && code !== 'out_of_line') {
      this.#byId.delete(id)
      state.items.splice(
        state.items.findIndex((item) => item.id === id),
        1,
      )
      this.#options.journal.write({
        op: 'send',
        type: 'fail',
        device: this.#options.device,
        conv: state.conversation,
        id,
        code,
      })
    }
    if (state.mustRestart) return
    state.mustRestart = true
    setTimeout(() => this.#restart(state), retryMs)
  }

  /**
   * Sends again from the oldest message on, as the protocol asks after a rejection and after a
   * reconnect.
   */
  #restart(state: ConversationState): void {
    if (!this.#isReady) return
    for (const item of state.items) item.isInFlight = false
    state.mustRestart = false
    this.#pump(state, true)
  }

  #pump(state: ConversationState, isFirst = false): void {
    if (!this.#isReady || state.mustRestart) return
    for (const item of state.items.slice(0, window)) {
      if (item.isInFlight) continue
      item.isInFlight = true
      const { id, envelope } = item
      const target = { conversation: state.conversation, groupNo: seededGroupNo, epoch: seededEpoch }
      this.#socket?.send(JSON.stringify({ t: 'send', id, ...target, envelope, ...(isFirst && { first: true }) }))
      isFirst = false
    }
  }
}

function count(counts: Map<number, number>, key: number): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
