import type { ConversationId, UserId } from '@fastchat/schema'
import { toBase64Url } from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import type { ConversationEvents } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import type { Emitter } from '../emitter.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord, Entry, Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Decisions } from './decisions.ts'
import { type KeyChange, KeyChanges } from './key-changes.ts'
import type { PeopleBook } from './people-book.ts'
import type { PeopleHooks } from './people-hooks.ts'
import { type EntryView, Strangers } from './strangers.ts'

export type PeoplePort = {
  readonly identity: Identity
  readonly store: Store
  readonly pins: Pins
  readonly book: PeopleBook
  readonly events: Emitter<ConversationEvents>
  conversations(): Conversations
}

/** The people whom this account knows: who may write to it, who is blocked, and who is verified. */
export class People {
  readonly #port: PeoplePort
  readonly #strangers: Strangers
  readonly #keys: KeyChanges
  /** Follows changes of chats, one at a time. */
  readonly #following = new Serial()

  constructor(port: PeoplePort) {
    this.#port = port
    const { book, identity, pins } = port
    this.#strangers = new Strangers({
      book,
      me: identity.userId,
      records: () => port.conversations().all.map(({ record }) => record),
      record: (id) => port.conversations().find(id)?.record,
    })
    this.#keys = new KeyChanges({ identity, pins, book })
  }

  /** The rules that conversations ask for. */
  get hooks(): PeopleHooks {
    return {
      checkWrite: ({ kind, peer }) => {
        if (kind === 'direct' && peer !== undefined) this.#keys.check(peer)
      },
      isBlocked: (userId) => this.isBlocked(userId),
    }
  }

  /**
   * Returns whether a chat waits as a request: a stranger began it or added this account, and this
   * person has neither accepted it nor written in it. Nothing of it is told to others, counted as
   * unread, or fetched by itself.
   */
  isRequest(conversation: ConversationId): boolean {
    return this.#strangers.isRequest(conversation)
  }

  isBlocked(userId: UserId): boolean {
    return this.#strangers.isBlocked(userId)
  }

  /**
   * Returns whether this device tells nothing in a chat by itself, such as receipts or typing: it
   * is a request, or the direct chat with a blocked person.
   */
  isQuiet(conversation: ConversationId): boolean {
    return this.#strangers.isQuiet(conversation)
  }

  /** Returns how an entry is shown: messages of blocked people are hidden or collapsed. */
  viewOf(entry: Entry): EntryView {
    return this.#strangers.viewOf(entry)
  }

  /** Returns the chats that wait until they are accepted, latest first. Those of blocked people are
   * left out. */
  requests(): readonly ConversationRecord[] {
    return this.#records()
      .filter((record) => record.status !== 'left' && record.status !== 'removed')
      .filter((record) => this.#strangers.isWaiting(record) && !this.#isFromBlocked(record))
      .toSorted((a, b) => b.lastAt - a.lastAt)
  }

  /**
   * Accepts a chat that waits as a request.
   *
   * @throws {ClientError} `unknown_conversation`
   */
  async accept(conversation: ConversationId): Promise<void> {
    await this.#port.conversations().get(conversation).accept()
  }

  /** Accepts a person: the chats that they began or begin later do not wait. Ends a block. */
  async acceptUser(userId: UserId): Promise<void> {
    await this.#port.book.stand(userId, 'accepted')
    this.#followAll()
    await this.idle()
  }

  /**
   * Blocks a person. They are not told. Their messages are read and neither shown nor counted, and
   * in groups they are collapsed. Groups to which they add this account wait unseen.
   *
   * @throws {ClientError} `only_others`
   */
  async block(userId: UserId): Promise<void> {
    this.#keys.refuseMyself(userId)
    await this.#port.book.stand(userId, 'blocked')
  }

  /** Ends a block. The person is a stranger again, unless they are in an accepted chat. */
  async unblock(userId: UserId): Promise<void> {
    if (this.isBlocked(userId)) await this.#port.book.stand(userId, 'open')
  }

  /** Returns the blocked people, in no order. */
  blocked(): readonly UserId[] {
    return this.#port.book.withStanding('blocked')
  }

  /**
   * Returns the safety number with a person: 60 digits in 12 groups of 5, the same on both sides
   * only if nobody is between them. Takes about 60 ms.
   *
   * @throws {ClientError} `only_others`, `key_unknown`
   */
  safetyNumber(userId: UserId): string {
    return this.#keys.numberWith(userId)
  }

  /** Returns whether this person has compared the key that is in use for somebody. */
  isVerified(userId: UserId): boolean {
    return this.#keys.isVerified(userId)
  }

  /**
   * Marks somebody as verified: this person has compared the safety number outside the server.
   *
   * @throws {ClientError} `key_unknown`
   */
  async verify(userId: UserId): Promise<void> {
    await this.#keys.mark(userId)
  }

  /** Takes the verified mark back. */
  async unverify(userId: UserId): Promise<void> {
    await this.#keys.unmark(userId)
  }

  /**
   * Compares the digits that somebody shows, and marks them as verified if they are right.
   *
   * @throws {ClientError} `numbers_differ`, `key_unknown`, `only_others`
   */
  async compare(userId: UserId, digits: string): Promise<void> {
    await this.#keys.compare(userId, digits)
  }

  /**
   * Asks the directory which key somebody has now. Another one than the pinned is a `keyChange`.
   *
   * @throws {Unreachable | ServerError}
   */
  async lookAgain(userId: UserId): Promise<void> {
    await this.#port.pins.lookAgain([userId])
  }

  /** Returns another key that was shown for somebody, until this person has decided about it. */
  keyChange(userId: UserId): KeyChange | undefined {
    return this.#keys.changeOf(userId)
  }

  /**
   * Takes the key of a `KeyChange` in place of the pinned one. The direct chat with that person
   * begins its next group. In other groups, an admin removes the person and adds them again.
   *
   * @throws {ClientError} `no_new_key`, `name_unverified`
   */
  async acceptKey(userId: UserId, shownKey: string): Promise<void> {
    await this.#keys.accept(userId, shownKey)
    await this.#leaveFormerKey(userId, shownKey)
  }

  /**
   * Checks that nothing stops this person from adding people to a group.
   *
   * @throws {ClientError} `user_blocked`, `verified_key_changed`
   */
  checkAdding(userIds: readonly UserId[]): void {
    for (const userId of userIds) this.#keys.check(userId)
  }

  /** Returns the decisions for the account state. */
  shared(): Partial<Decisions> {
    return this.#port.book.shared()
  }

  /** Takes over the decisions that this account has made on other devices. */
  async take(decisions: Partial<Decisions>): Promise<void> {
    const { book, pins } = this.#port
    await book.take(decisions)
    for (const [id, { acceptedKey }] of Object.entries(decisions.people ?? {})) {
      // The cast holds because the form of the account state allows only ids as keys.
      const userId = id as UserId
      const pinned = pins.accountKeyOf(userId)
      if (!acceptedKey || pinned === undefined || pinned === acceptedKey.key) continue
      await pins.adoptKey(userId, acceptedKey.key)
      pins.doubts.report({ userId, username: pins.nameOf(userId), accountKey: acceptedKey.key }, 'key_accepted')
      await this.#leaveFormerKey(userId, acceptedKey.key)
    }
    this.#followAll()
  }

  /** Follows the chats from now on, beginning with those in the store. */
  follow(): void {
    this.#followAll()
    this.#port.events.on('conversation', (record) => this.#follow([record]))
  }

  /** Resolves when nothing more is written. */
  async idle(): Promise<void> {
    await this.#following.idle()
    await this.#port.book.idle()
  }

  #records(): readonly ConversationRecord[] {
    return this.#port.conversations().all.map(({ record }) => record)
  }

  #isFromBlocked({ kind, peer, inviter }: ConversationRecord): boolean {
    const by = kind === 'direct' ? peer : inviter
    return by !== undefined && this.isBlocked(by)
  }

  #followAll(): void {
    this.#follow(this.#records())
  }

  /** Stores what follows from changed chats. It is not awaited: a caller may hold a chat's lock. */
  #follow(records: readonly ConversationRecord[]): void {
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
    if (record.request) return !this.#strangers.isWaiting(record)
    if (record.status === 'left') return decided === 'accepted'
    return record.status === 'active' && decided !== 'accepted'
  }

  /** Begins the next group of a direct chat that still holds the former key of a person. */
  async #leaveFormerKey(peer: UserId, key: string): Promise<void> {
    const chat = this.#port.conversations().directWith(peer)
    const isFormer = chat?.group
      ?.members()
      .some(({ userId, accountKey }) => userId === peer && toBase64Url(accountKey) !== key)
    if (chat && isFormer) await chat.beginNext()
  }
}
