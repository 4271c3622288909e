import { newMessageId } from '@fastchat/client/ids'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { MessageTrace } from '../engine/calls/trace-calls.ts'
import type { Line } from '../engine/line.ts'
import type { Tab } from './tab.ts'

/** Forwards messages, and shows what became of one. */
export class TraceActions {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  /** Asks for the chats that get a message. */
  askToForward(forwarding: Line | undefined): void {
    this.#tab.set({ forwarding })
  }

  /** Sends a message to other chats, marked as forwarded. */
  async forward(source: MessageId, chats: readonly ConversationId[]): Promise<void> {
    this.#tab.set({ forwarding: undefined })
    const sends = chats.map((to) => {
      const id = newMessageId()
      return this.#tab.told(() => this.#tab.call('forward', { source, to, id }))
    })
    await Promise.all(sends)
  }

  /** Shows the wordings and the receipts of a message, or hides them. */
  show(tracing: Line | undefined): void {
    this.#tab.set({ tracing })
  }

  /** @throws {CallError} */
  async of(id: MessageId): Promise<MessageTrace> {
    return await this.#tab.call('traceMessage', { id })
  }

  /** Returns the names of the other members of a chat. @throws {CallError} */
  async memberNames(conversation: ConversationId): Promise<readonly string[]> {
    return await this.#tab.call('memberNames', { conversation })
  }
}
