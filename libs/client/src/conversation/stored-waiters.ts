import type { MessageId } from '@fastchat/schema'

/** The position at which the server has stored a message, and the server's time. */
export type Stored = { readonly seq: number; readonly at: number }

/** Holds the promises that settle when the server has stored a message, or rejected it. */
export class StoredWaiters {
  readonly #waiting = new Map<MessageId, PromiseWithResolvers<Stored>>()

  add(id: MessageId): Promise<Stored> {
    const waiting = this.#waiting.get(id) ?? Promise.withResolvers()
    this.#waiting.set(id, waiting)
    return waiting.promise
  }

  resolve(id: MessageId, stored: Stored): void {
    this.#waiting.get(id)?.resolve(stored)
    this.#waiting.delete(id)
  }

  reject(id: MessageId, error: Error): void {
    this.#waiting.get(id)?.reject(error)
    this.#waiting.delete(id)
  }
}
