import type { ConversationId } from '@fastchat/schema'
import type { Wire } from './web-socket.ts'

/** As our own clients do: one ack for so many entries, or for what came within this time. */
const maxEntries = 64
const maxWaitMs = 1_000

/** Tells a pod what has come, for one conversation on one socket. */
export class Acks {
  readonly #wire: Wire
  readonly #frameStart: string
  #entries = 0
  #seq = 0
  #timer: NodeJS.Timeout | undefined

  constructor(wire: Wire, conversation: ConversationId) {
    this.#wire = wire
    this.#frameStart = `{"t":"ack","conversation":"${conversation}","seq":`
  }

  note(seq: number): void {
    this.#seq = seq
    this.#entries++
    if (this.#entries >= maxEntries) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), maxWaitMs)
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#entries = 0
    this.#wire.sendText(`${this.#frameStart}${this.#seq}}`)
  }
}
