import { isAnnotation, newMessageId } from '@fastchat/client'
import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import type { Chat } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { Context } from '../commands/context.ts'
import { untilStored } from '../commands/until-stored.ts'
import { toCliError } from '../to-cli-error.ts'
import type { Screen } from './screen.ts'
import { shortened } from './shortened.ts'

/** Hands a file to the device. */
export type SendFile = (
  chat: Chat,
  to: { readonly conversation: ConversationId; readonly id: MessageId },
) => Promise<void>

type Port = {
  readonly context: Pick<Context, 'out' | 'signal'>
  readonly session: HomeSession
  readonly screen: Pick<Screen, 'setWaiting'>
}

/** The messages of this window on their way out. Each waits until its chat shows it. */
export class OutgoingMessages {
  readonly #port: Port
  readonly #waiting = new Map<MessageId, string>()
  #failed = 0

  constructor(port: Port) {
    this.#port = port
  }

  /** The number of messages that are shown as waiting. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** The number of messages that the server or this device has rejected. */
  get failed(): number {
    return this.#failed
  }

  /** Sends a file. Resolves when this device has stored it; the upload goes on. */
  async sendFile(place: () => Promise<ConversationId>, shown: string, send: SendFile): Promise<void> {
    const id = this.#begin(shown)
    try {
      const conversation = await place()
      await send(this.#port.session.chat, { conversation, id })
      void this.#follow(conversation, id, shown)
    } catch (error) {
      this.settle(id)
      throw error
    }
  }

  /**
   * Queues a message. If it waits for long, a line says that it is queued.
   * @param place returns the chat of the message
   * @param shown the words that are shown while the message waits
   */
  async send(
    place: () => Promise<ConversationId>,
    shown: string,
    make: (conversation: ConversationId) => Promise<Payload>,
  ): Promise<void> {
    const id = this.#begin(shown)
    try {
      const conversation = await place()
      const payload = await make(conversation)
      await this.#port.session.chat.send({ conversation, id, payload })
      void this.#follow(conversation, id, shown).then(() => {
        // A change that a later one has replaced never comes as a line.
        if (isAnnotation(payload)) this.settle(id)
      })
    } catch (error) {
      this.settle(id)
      throw error
    }
  }

  /** Notes that a message is shown in its chat, or never will be. */
  settle(id: MessageId): void {
    if (this.#waiting.delete(id)) this.#tellWaiting()
  }

  #begin(shown: string): MessageId {
    const id = newMessageId()
    this.#waiting.set(id, shown)
    this.#tellWaiting()
    return id
  }

  async #follow(conversation: ConversationId, id: MessageId, shown: string): Promise<void> {
    const { out, signal } = this.#port.context
    let isQueued = false
    try {
      const stored = await untilStored(this.#port.session, { conversation, id, wait: true, signal }, () => {
        isQueued = true
        out.note(out.colors.dim('queued; waiting for the server'))
      })
      if (isQueued && stored) out.note(out.colors.dim('sent what was queued'))
    } catch (error) {
      if (signal.aborted) return
      this.#failed++
      this.settle(id)
      out.note(`${toCliError(error).message}: ${shortened(shown)}`)
    }
  }

  #tellWaiting(): void {
    this.#port.screen.setWaiting([...this.#waiting.values()])
  }
}
