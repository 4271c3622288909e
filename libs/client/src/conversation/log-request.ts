import type { ConversationId, Seq } from '@fastchat/schema'
import { ServerError } from '../errors.ts'
import { pause } from '../net/backoff.ts'
import type { Context } from './context.ts'

const retryMs = 1_000

/** Asks the server to deliver a conversation's log again from where this device stands; one request at a time. */
export class LogRequest {
  readonly #context: Pick<Context, 'connection' | 'newId'>
  readonly #conversation: ConversationId
  readonly #cursor: () => number
  /** The request that has no answer yet. */
  #underWay: object | undefined
  #answeredAt: number | undefined

  constructor(context: Pick<Context, 'connection' | 'newId'>, conversation: ConversationId, cursor: () => number) {
    this.#context = context
    this.#conversation = conversation
    this.#cursor = cursor
  }

  /** What arrives now follows the answer to a request from this position; undefined when the server was not asked, or has not answered. */
  get answeredAt(): number | undefined {
    return this.#answeredAt
  }

  /** A new connection has not been asked anything. */
  reset(): void {
    this.#answeredAt = undefined
  }

  ask(): void {
    if (this.#underWay) return
    const own = {}
    this.#underWay = own
    const over = () => {
      if (this.#underWay === own) this.#underWay = undefined
    }
    void this.#ask(over).finally(over)
  }

  /** Until it is answered, no longer needed, or the connection is gone: the next one delivers from the cursor anyway. */
  async #ask(over: () => void): Promise<void> {
    const after = this.#cursor()
    this.#answeredAt = undefined
    // Before what follows the answer arrives: it may show that there is something else to be asked for.
    const onOk = () => {
      this.#answeredAt = after
      over()
    }
    while (this.#cursor() === after) {
      try {
        const id = this.#context.newId()
        // A cursor is a position of the log, or 0.
        const frame = { t: 'fetch', id, conversation: this.#conversation, after: after as Seq } as const
        await this.#context.connection.request(frame, onOk)
        return
      } catch (error) {
        if (!(error instanceof ServerError && error.mayRetry)) return
        await pause(error.retryMs ?? retryMs)
      }
    }
  }
}
