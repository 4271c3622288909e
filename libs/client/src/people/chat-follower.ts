import type { ConversationId } from '@fastchat/schema'
import type { ConversationEvents } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import type { Emitter } from '../emitter.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { eraseChat } from './erase-chat.ts'
import type { PeopleBook } from './people-book.ts'

type Port = {
  readonly store: Store
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
  readonly #erasing = new Set<ConversationId>()

  /** @param isWaiting returns whether a chat waits until it is accepted */
  constructor(port: Port, isWaiting: (record: ConversationRecord) => boolean) {
    this.#port = port
    this.#isWaiting = isWaiting
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    await this.#following.idle()
  }

  /** Returns whether a chat was left and forgotten, so that no list shows it. */
  isForgotten({ conversation, status }: ConversationRecord): boolean {
    const isOver = status === 'left' || status === 'removed'
    return isOver && this.#port.book.aboutChat(conversation)?.is === 'forgotten'
  }

  followAll(): void {
    this.follow(this.#port.conversations().all.map(({ record }) => record))
  }

  /** Stores what follows from changed chats. It is not awaited: a caller may hold a chat's lock. */
  follow(records: readonly ConversationRecord[]): void {
    for (const record of records) if (this.isForgotten(record)) this.#erase(record.conversation)
    const news = records.filter((record) => this.#isNews(record))
    if (news.length === 0) return
    this.#following
      .run(async () => {
        for (const { conversation, request } of news)
          if (request) await this.#port.conversations().find(conversation)?.accept()
        const now = news.flatMap(({ conversation }) => this.#port.conversations().find(conversation)?.record ?? [])
        await this.#port.book.decideChats(
          now.flatMap(({ conversation, status, request }) => {
            if (request) return []
            return [[conversation, { is: status === 'left' ? 'left' : 'accepted' } as const] as const]
          }),
        )
      })
      .catch((error: Error) => this.#port.events.emit('trouble', error))
  }

  /** Returns whether the book has to learn something from a chat, or the chat from the book. */
  #isNews(record: ConversationRecord): boolean {
    const decided = this.#port.book.aboutChat(record.conversation)?.is
    if (record.request) return !this.#isWaiting(record)
    if (record.status === 'left') return decided === 'accepted'
    if (record.status !== 'active' || decided === 'accepted') return false
    // A device that has not read the end of a forgotten membership yet does not bring it back.
    const { is, seq = 0 } = this.#port.book.aboutChat(record.conversation) ?? {}
    return is !== 'forgotten' || record.joinedSeq > seq
  }

  /**
   * Erases a forgotten chat. While its group still has a leaf of this device, it is only hidden,
   * because the server would name it again.
   */
  #erase(id: ConversationId): void {
    const conversation = this.#port.conversations().find(id)
    if (!conversation || conversation.group || this.#erasing.has(id)) return
    this.#erasing.add(id)
    this.#following
      .run(async () => {
        await conversation.stop()
        if (!this.isForgotten(conversation.record)) return
        this.#port.conversations().forget(id)
        await eraseChat(this.#port.store, id)
      })
      .catch((error: Error) => this.#port.events.emit('trouble', error))
      .finally(() => this.#erasing.delete(id))
  }
}
