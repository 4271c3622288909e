import type { ConversationId, MessageId } from '@fastchat/schema'
import type { ConversationRecord, Entry } from '../store/records.ts'
import { type Incoming, textOf } from './incoming.ts'
import { messageIdFrom } from './message-id-from.ts'
import { nextPage } from './next-page.ts'
import { replySecret } from './reply-secret.ts'
import type { TextsPort } from './texts-port.ts'

/** The options of a text message. */
export type TextOptions = {
  /** The id of the message. A second call with the same id sends nothing. */
  readonly id?: MessageId
  /** The message that this one answers. */
  readonly replyTo?: MessageId
}

/** The options of `Texts.incoming`. */
export type IncomingOptions = {
  /** Ends the messages. */
  readonly signal?: AbortSignal
  /**
   * Decides about a chat that a stranger began, and about a group to which a stranger added this
   * account. It is asked once for each; by default they wait. Messages of an accepted chat follow.
   */
  readonly accept?: (request: ConversationRecord) => boolean | Promise<boolean>
}

/** The server rejects ids over 30 days old, so replies to older messages get new ids in time. */
const maxReplyAgeMs = 25 * 24 * 3600 * 1000

/** Sends text messages, and gives the messages of others one after another, as a bot needs it. */
export class Texts {
  readonly #port: TextsPort

  constructor(port: TextsPort) {
    this.#port = port
  }

  /**
   * Sends a text. Resolves with its id once this device has stored it; it is sent when there is a
   * connection. `whenStored` tells when the server has it. A name after @ mentions a member.
   *
   * @throws {ClientError} `unknown_conversation`, `not_a_member`, `admins_write`, `too_large`,
   *   `user_blocked`, `verified_key_changed`
   */
  async send(conversation: ConversationId, text: string, options: TextOptions = {}): Promise<MessageId> {
    const { id = this.#port.newId(), replyTo } = options
    const payload = this.#port.messages.compose(conversation, { text, ...(replyTo !== undefined && { replyTo }) })
    await this.#port.conversation(conversation).outbox.queue(id, payload)
    return id
  }

  /**
   * Resolves with the position and time of a message once the server has stored it.
   *
   * @throws {ClientError} `unknown_message`, or the error with which the message failed
   */
  async whenStored(
    conversation: ConversationId,
    id: MessageId,
    signal?: AbortSignal,
  ): Promise<{ readonly seq: number; readonly at: number }> {
    const stored = this.#port.conversation(conversation).outbox.whenStored(id)
    if (!signal) return await stored
    const { promise, reject } = Promise.withResolvers<never>()
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    try {
      return await Promise.race([stored, promise])
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /**
   * Yields each unread message of others in the accepted chats, in the order of each chat, then new
   * ones as they come. A message counts as read, on all devices of this account, when the next one
   * is asked for. After a crash the last message comes again. Requests, blocked people, deleted
   * messages and messages of this account are left out. Ends when `signal` aborts.
   *
   * @throws the error that ended the connection for ever, such as {ClientError} `session_ended`
   */
  async *incoming({ signal, accept }: IncomingOptions = {}): AsyncGenerator<Incoming, void, void> {
    const { records, state, people, onChange } = this.#port
    const asked = new Set<ConversationId>()
    let wake = Promise.withResolvers<void>()
    const look = () => wake.resolve()
    const stop = onChange(look)
    signal?.addEventListener('abort', look)
    try {
      while (!signal?.aborted) {
        const now = state()
        if (now.state === 'ended') throw now.error
        wake = Promise.withResolvers()
        for (const request of people.requests()) {
          if (!accept || asked.has(request.conversation)) continue
          asked.add(request.conversation)
          if (await accept(request)) await people.accept(request.conversation)
        }
        for (const { conversation, readSeq, cursor } of records())
          if (readSeq < cursor && !people.isRequest(conversation)) yield* this.#unread(conversation, signal)
        await wake.promise
      }
    } finally {
      signal?.removeEventListener('abort', look)
      stop()
    }
  }

  /** Yields the unread messages of one chat, and marks each as read when the next is asked for. */
  async *#unread(id: ConversationId, signal: AbortSignal | undefined): AsyncGenerator<Incoming, void, void> {
    const { history } = this.#port
    const chat = this.#port.conversation(id)
    const { readSeq, cursor } = chat.record
    let at = readSeq
    for (let page = await nextPage(history, id, at); page.length > 0; page = await nextPage(history, id, at)) {
      for (const entry of page) {
        if (signal?.aborted) return
        const incoming = await this.#incomingOf(entry)
        if (incoming) {
          yield incoming
          await chat.markRead(entry.seq)
        }
        at = entry.seq
      }
    }
    // Lines that are not messages count as read with those before them.
    await chat.markRead(Math.max(at, cursor))
  }

  async #incomingOf(entry: Entry): Promise<Incoming | undefined> {
    const { identity, people, nameOf } = this.#port
    const { type, conversation, seq, at, id, from, payload, annotations } = entry
    if (type !== 'message' || id === undefined || from === undefined || payload === undefined) return undefined
    if (from === identity.userId || annotations?.deleted || people.viewOf(entry) !== 'shown') return undefined
    return {
      ...{ conversation, id, seq, at, from, payload },
      name: nameOf(from),
      text: textOf(entry),
      reply: async (text) => await this.send(conversation, text, { id: await this.#replyId(entry, id), replyTo: id }),
    }
  }

  async #replyId({ at, conversation }: Entry, id: MessageId): Promise<MessageId> {
    const { store, clock, newId } = this.#port
    if (clock.wallMs() - at > maxReplyAgeMs) return newId()
    return await messageIdFrom({ secret: await replySecret(store), key: `${conversation}/${id}`, atMs: at })
  }
}
