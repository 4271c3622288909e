import { type ConversationId, type DeviceId, errors, type ServerFrame, type ServerFrames } from '@fastchat/schema'
import { seededEpoch, seededGroupNo, seededSeq } from '@fastchat/tests/seed'
import { v7 as uuidv7 } from 'uuid'
import { opaqueEnvelope } from '../../bench/envelope.ts'
import { pick } from '../random.ts'
import { hashOf, type Journal } from './journal.ts'
import { LightLink, type LightLinkOptions } from './light-link.ts'

export type LightDeviceOptions = LightLinkOptions & {
  readonly device: DeviceId
  readonly conversations: readonly ConversationId[]
  readonly journal: Pick<Journal, 'write'>
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
  /** The connection to the pods. */
  readonly link: LightLink
  acked = 0
  readonly refusals = new Map<string, number>()

  constructor(options: LightDeviceOptions) {
    this.#options = options
    this.#states = new Map(
      options.conversations.map((conversation) => [
        conversation,
        { conversation, items: [], mustRestart: true, cursor: seededSeq },
      ]),
    )
    this.link = new LightLink(options, {
      cursors: () =>
        Object.fromEntries([...this.#states.values()].map(({ conversation, cursor }) => [conversation, cursor])),
      received: (frame) => this.#receive(frame),
      lost: () => options.journal.write({ op: 'conn', type: 'down', device: options.device }),
    })
    this.link.connect()
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

  #receive(frame: ServerFrame): void {
    switch (frame.t) {
      case 'ready':
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
      if (this.link.isReady) this.link.send({ t: 'ack', conversation, seq: cursor })
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
    if (!this.link.isReady) return
    for (const item of state.items) item.isInFlight = false
    state.mustRestart = false
    this.#pump(state, true)
  }

  #pump(state: ConversationState, isFirst = false): void {
    if (!this.link.isReady || state.mustRestart) return
    for (const item of state.items.slice(0, window)) {
      if (item.isInFlight) continue
      item.isInFlight = true
      const { id, envelope } = item
      const target = { conversation: state.conversation, groupNo: seededGroupNo, epoch: seededEpoch }
      this.link.send({ t: 'send', id, ...target, envelope, ...(isFirst && { first: true }) })
      isFirst = false
    }
  }
}
