import type { ConversationId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { Conversation } from './conversation.ts'

/**
 * The number of conversations that are looked up at one time. A lying server may name any number.
 */
export const maxOpenings = 10_000
/** The number of frames that wait for one look-up. The server's credit keeps it below this. */
export const maxWaiting = 1_024

type Opening = { readonly conversation: Promise<Conversation>; waiting: number }

/** Holds the conversations that are being looked up, and the frames that wait for them. */
export class Openings {
  readonly #openings = new Map<ConversationId, Opening>()
  readonly #onError: (error: Error) => void
  #isTold = false

  constructor(onError: (error: Error) => void) {
    this.#onError = onError
  }

  get isEmpty(): boolean {
    return this.#openings.size === 0
  }

  has(id: ConversationId): boolean {
    return this.#openings.has(id)
  }

  /**
   * Calls `use` after the conversation has been looked up. `open` starts the look-up, unless one is
   * under way. Calls for one conversation keep their order.
   *
   * Beyond `maxOpenings` a new conversation is ignored and reported; the next connection names it
   * again. Beyond `maxWaiting` a call is dropped, and the server is asked for the log afterwards.
   */
  add(id: ConversationId, open: () => Promise<Conversation>, use: (conversation: Conversation) => void): void {
    const opening = this.#openings.get(id) ?? this.#begin(id, open)
    if (opening === undefined || opening.waiting > maxWaiting) return
    opening.waiting++
    const next = opening.waiting > maxWaiting ? (one: Conversation) => one.askForLog() : use
    opening.conversation.then(next).catch(this.#onError)
  }

  #begin(id: ConversationId, open: () => Promise<Conversation>): Opening | undefined {
    if (this.#openings.size >= maxOpenings) {
      if (!this.#isTold) this.#onError(new ClientError('too_many_conversations'))
      this.#isTold = true
      return undefined
    }
    this.#isTold = false
    const opening = { conversation: open().finally(() => this.#openings.delete(id)), waiting: 0 }
    this.#openings.set(id, opening)
    return opening
  }
}
