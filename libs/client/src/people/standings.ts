import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId, UnseenFrom, UserId } from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import type { ConversationEvents } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import type { Emitter } from '../emitter.ts'
import { ClientError } from '../errors.ts'
import type { ConversationRecord, Entry, Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Cards } from './cards.ts'
import { ChatFollower } from './chat-follower.ts'
import { ChatRemoval } from './chat-removal.ts'
import type { PeopleBook } from './people-book.ts'
import { type EntryView, Strangers } from './strangers.ts'

export type PeoplePort = {
  readonly identity: Identity
  readonly store: Store
  readonly pins: Pins
  readonly book: PeopleBook
  readonly cards: Cards
  readonly clock: Clock
  newId(): MessageId
  readonly events: Emitter<ConversationEvents>
  conversations(): Conversations
}

/** Decides who may write to this account: strangers wait, and blocked people are not seen. */
export class Standings {
  protected readonly port: PeoplePort
  protected readonly strangers: Strangers
  protected readonly removal: ChatRemoval
  readonly #follower: ChatFollower

  constructor(port: PeoplePort) {
    this.port = port
    this.strangers = new Strangers({
      book: port.book,
      me: port.identity.userId,
      records: () => this.records(),
      record: (id) => port.conversations().find(id)?.record,
    })
    this.#follower = new ChatFollower(port, (record) => this.strangers.isWaiting(record))
    this.removal = new ChatRemoval(port)
  }

  /**
   * Returns whether a chat waits as a request. A stranger began it or added this account, and this
   * person has neither accepted it nor written in it. Nothing of it is told to others, counted as
   * unread, or fetched by itself.
   */
  isRequest(conversation: ConversationId): boolean {
    return this.strangers.isRequest(conversation)
  }

  /** Returns whether this person has blocked somebody. */
  isBlocked(userId: UserId): boolean {
    return this.strangers.isBlocked(userId)
  }

  /**
   * Returns whether this device tells nothing in a chat by itself, such as receipts or typing. That
   * is a request, or the direct chat with a blocked person.
   */
  isQuiet(conversation: ConversationId): boolean {
    return this.strangers.isQuiet(conversation)
  }

  /**
   * Returns whether this device hides in a chat that it is here. It does so where it tells nothing,
   * and in groups with a blocked person.
   */
  isPresenceQuiet(record: ConversationRecord): boolean {
    return this.strangers.isQuiet(record.conversation) || this.strangers.hasBlocked(record)
  }

  /** Returns how an entry is shown: messages of blocked people are hidden or collapsed. */
  viewOf(entry: Entry): EntryView {
    return this.strangers.viewOf(entry)
  }

  /** Returns the chats that wait until they are accepted, latest first. Those of blocked people are
   * left out. */
  requests(): readonly ConversationRecord[] {
    return this.records()
      .filter((record) => record.status !== 'left' && record.status !== 'removed' && !this.removal.isForgotten(record))
      .filter((record) => this.strangers.isWaiting(record) && !this.#isFromBlocked(record))
      .toSorted((a, b) => b.lastAt - a.lastAt)
  }

  /**
   * Accepts a chat that waits as a request.
   *
   * @throws {ClientError} `unknown_conversation`
   */
  async accept(conversation: ConversationId): Promise<void> {
    await this.port.conversations().get(conversation).accept()
  }

  /** Accepts a person: the chats that they began or begin later do not wait. Ends a block. */
  async acceptUser(userId: UserId): Promise<void> {
    await this.port.book.endBlock(userId, 'accepted', this.#placeWith(userId))
    this.followAll()
    await this.idle()
  }

  /**
   * Blocks a person. They are not told. What they write in the direct chat from now on is dropped,
   * and does not come back after the block. In groups their messages are collapsed as long as the
   * block lasts. Groups to which they add this account wait unseen.
   *
   * @throws {ClientError} `only_others`
   */
  async block(userId: UserId): Promise<void> {
    if (userId === this.port.identity.userId) throw new ClientError('only_others')
    const chat = this.port.conversations().directWith(userId)
    // The cast holds because the position after one that was read is one of the log.
    const seq = ((chat?.record.cursor ?? 0) + 1) as UnseenFrom['seq']
    await this.port.book.block(userId, chat && { conversation: chat.id, seq })
  }

  /**
   * Ends a block. The person is a stranger again, unless they are in an accepted chat. Messages
   * from before the block are shown again, those that came during it are not.
   */
  async unblock(userId: UserId): Promise<void> {
    if (this.isBlocked(userId)) await this.port.book.endBlock(userId, 'open', this.#placeWith(userId))
  }

  /** Returns the blocked people, in no order. */
  blocked(): readonly UserId[] {
    return this.port.book.withStanding('blocked')
  }

  /** Resolves when nothing more is written. @internal */
  async idle(): Promise<void> {
    await this.#follower.idle()
    await this.removal.idle()
    await this.port.book.idle()
  }

  protected followAll(): void {
    this.followChats(this.records())
  }

  protected followChats(records: readonly ConversationRecord[]): void {
    this.#follower.follow(records)
    for (const record of records) this.removal.follow(record)
  }

  protected records(): readonly ConversationRecord[] {
    return this.port.conversations().all.map(({ record }) => record)
  }

  #isFromBlocked({ kind, peer, inviter }: ConversationRecord): boolean {
    const by = kind === 'direct' ? peer : inviter
    return by !== undefined && this.isBlocked(by)
  }

  /** Returns the last position that was read in the direct chat with a person. */
  #placeWith(userId: UserId): UnseenFrom | undefined {
    const { id: conversation, record } = this.port.conversations().directWith(userId) ?? {}
    if (conversation === undefined || record === undefined || record.cursor === 0) return undefined
    // The cast holds because a position above 0 was read from the log.
    return { conversation, seq: record.cursor as UnseenFrom['seq'] }
  }
}
