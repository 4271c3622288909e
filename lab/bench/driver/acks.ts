import type { ConversationId } from '@fastchat/schema'
import type { Wire } from './web-socket.ts'

/**
 * One ack goes out after this many entries or this much time, whichever comes first, as in our
 * clients.
 */
const maxEntries = 64
const maxWaitMs = 1_000

/** Acks received entries of one conversation on one socket. */
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
