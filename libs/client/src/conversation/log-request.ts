import type { Seq } from '@fastchat/schema'
import { ServerError } from '../errors.ts'
import { pause } from '../net/backoff.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'

const retryMs = 1_000

/**
 * Asks the server to deliver a conversation's log again from the cursor on. At most one request is
 * under way.
 */
export class LogRequest {
  readonly #context: Pick<Context, 'connection' | 'newId'>
  readonly #state: Pick<ConversationState, 'id' | 'record'>
  /** The request that has no answer yet. */
  #underWay: object | undefined
  #answeredAt: number | undefined

  constructor(context: Pick<Context, 'connection' | 'newId'>, state: Pick<ConversationState, 'id' | 'record'>) {
    this.#context = context
    this.#state = state
  }

  /**
   * The cursor of the last answered request: frames that arrive now follow that answer. Undefined
   * when the server was not asked, or has not answered.
   */
  get answeredAt(): number | undefined {
    return this.#answeredAt
  }

  /** Forgets the last answer, because a new connection has not been asked yet. */
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

  /**
   * Repeats the request until it is answered, no longer needed, or the connection is gone. The next
   * connection delivers from the cursor on.
   */
  async #ask(over: () => void): Promise<void> {
    const after = this.#state.record.cursor
    this.#answeredAt = undefined
    // This runs before the frames that follow the answer are received: they may show that another
    // request is needed.
    const onOk = () => {
      this.#answeredAt = after
      over()
    }
    while (this.#state.record.cursor === after) {
      try {
        const id = this.#context.newId()
        // A cursor is a position of the log, or 0.
        const frame = { t: 'fetch', id, conversation: this.#state.id, after: after as Seq } as const
        await this.#context.connection.request(frame, onOk)
        return
      } catch (error) {
        if (!(error instanceof ServerError && error.mayRetry)) return
        await pause(error.retryMs ?? retryMs)
      }
    }
  }
}
