import type { ChatDecision, ConversationId } from '@fastchat/schema'
import type { ConversationEvents } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import type { Emitter } from '../emitter.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { PeopleBook } from './people-book.ts'

type Port = {
  readonly book: PeopleBook
  readonly events: Emitter<ConversationEvents>
  conversations(): Conversations
}

/** Keeps chats and the decisions about them in step, on this device and on others. */
export class ChatFollower {
  readonly #port: Port
  readonly #isWaiting: (record: ConversationRecord) => boolean
  /** Follows changes of chats, one at a time. */
  readonly #following = new Serial()

  /** @param isWaiting returns whether a chat waits until it is accepted */
  constructor(port: Port, isWaiting: (record: ConversationRecord) => boolean) {
    this.#port = port
    this.#isWaiting = isWaiting
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    await this.#following.idle()
  }

  /** Stores what follows from changed chats. It is not awaited: a caller may hold a chat's lock. */
  follow(records: readonly ConversationRecord[]): void {
    const news = records.filter((record) => this.#isNews(record)).map(({ conversation }) => conversation)
    if (news.length === 0) return
    this.#following.run(() => this.#accept(news)).catch((error: Error) => this.#port.events.emit('trouble', error))
  }

  /** Accepts chats that do not wait any more, and counts what is unread in them. */
  async #accept(news: readonly ConversationId[]): Promise<void> {
    const chats = news.flatMap((id) => this.#port.conversations().find(id) ?? [])
    for (const chat of chats) if (chat.record.request && !this.#isWaiting(chat.record)) await chat.accept()
    const decided = chats.filter(({ record }) => !record.request && !this.#isForgottenDirect(record))
    const decisions = decided.map(({ id, record }): [ConversationId, Omit<ChatDecision, 'n'>] => [
      id,
      { is: record.status === 'left' ? 'left' : 'accepted' },
    ])
    await this.#port.book.decideChats(decisions)
    for (const chat of decided) if (chat.record.status === 'active') await chat.recount()
  }

  /** Returns whether the book has to learn something from a chat, or the chat from the book. */
  #isNews(record: ConversationRecord): boolean {
    const { is: decided, seq = 0 } = this.#port.book.aboutChat(record.conversation) ?? {}
    if (record.request) return !this.#isWaiting(record)
    if (record.status === 'left') return decided === 'accepted'
    if (record.status !== 'active' || decided === 'accepted' || this.#isForgottenDirect(record)) return false
    // A device that has not read the end of a forgotten membership yet does not bring it back.
    return decided !== 'forgotten' || record.joinedSeq > seq
  }

  /** The past of a direct chat is removed. The chat goes on, so that decision stays. */
  #isForgottenDirect({ kind, conversation }: ConversationRecord): boolean {
    return kind === 'direct' && this.#port.book.aboutChat(conversation)?.is === 'forgotten'
  }
}
