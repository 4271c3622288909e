import type { ConversationId, MessageId } from '@fastchat/schema'
import { usageError } from '../cli-error.ts'

/** The messages that have a number. Older ones lose theirs, and no other gets it. */
const maxNumbered = 10_000

/**
 * The numbers by which a person names messages. A message gets the next number when it is first
 * shown, and keeps it.
 */
export class MessageNumbers {
  readonly #ids = new Map<number, MessageId>()
  readonly #places = new Map<MessageId, { readonly number: number; readonly conversation: ConversationId }>()
  #last = 0

  /** Returns the number of a message, and gives it one if it has none. */
  give(id: MessageId, conversation: ConversationId): number {
    const known = this.of(id)
    if (known !== undefined) return known
    const number = ++this.#last
    this.#ids.set(number, id)
    this.#places.set(id, { number, conversation })
    const oldest = this.#ids.get(number - maxNumbered)
    if (oldest !== undefined) {
      this.#ids.delete(number - maxNumbered)
      this.#places.delete(oldest)
    }
    return number
  }

  /** Returns the number with which a message was shown. */
  of(id: MessageId | undefined): number | undefined {
    return id === undefined ? undefined : this.#places.get(id)?.number
  }

  /** Returns the chat of a numbered message. */
  chatOf(id: MessageId): ConversationId | undefined {
    return this.#places.get(id)?.conversation
  }

  /** Returns the id for a written number. An id stays as it is. @throws {CliError} `usage` */
  read(written: string): string {
    if (!/^\d{1,6}$/.test(written)) return written
    const id = this.#ids.get(Number(written))
    if (!id) throw usageError(`No message has the number ${written}: the numbers stand before the messages`)
    return id
  }

  /** Returns the numbers of the messages that were shown last, the newest first. */
  latest(count: number): readonly (readonly [number, MessageId])[] {
    return [...this.#ids].slice(-count).toReversed()
  }
}
