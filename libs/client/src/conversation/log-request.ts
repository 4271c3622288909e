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
  #isUnderWay = false
  #answeredAt = -1

  constructor(context: Pick<Context, 'connection' | 'newId'>, conversation: ConversationId, cursor: () => number) {
    this.#context = context
    this.#conversation = conversation
    this.#cursor = cursor
  }

  /** Whether the server has been asked from this very position, and what follows is its answer. */
  wasAnsweredAt(cursor: number): boolean {
    return !this.#isUnderWay && this.#answeredAt === cursor
  }

  /** A new connection has not been asked anything. */
  reset(): void {
    this.#answeredAt = -1
  }

  ask(): void {
    if (this.#isUnderWay) return
    this.#isUnderWay = true
    void this.#ask().finally(() => {
      this.#isUnderWay = false
    })
  }

  /** Until it is answered, no longer needed, or the connection is gone: the next one delivers from the cursor anyway. */
  async #ask(): Promise<void> {
    const after = this.#cursor()
    while (this.#cursor() === after) {
      try {
        const id = this.#context.newId()
        // A cursor is a position of the log, or 0.
        await this.#context.connection.request({
          t: 'fetch',
          id,
          conversation: this.#conversation,
          after: after as Seq,
        })
        this.#answeredAt = after
        return
      } catch (error) {
        if (!(error instanceof ServerError && error.mayRetry)) return
        await pause(error.retryMs ?? retryMs)
      }
    }
  }
}
