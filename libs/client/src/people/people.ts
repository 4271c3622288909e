import { type ConversationId, type MessageId, type Seq, toBase64Url, type UserId } from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import type { ConversationEvents } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import type { Emitter } from '../emitter.ts'
import { ClientError } from '../errors.ts'
import type { ConversationRecord, Entry, Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Cards, Profile } from './cards.ts'
import { ChatFollower } from './chat-follower.ts'
import type { Decisions } from './decisions.ts'
import { type KeyChange, KeyChanges } from './key-changes.ts'
import { dueCard, type OwnProfileChange } from './own-profile.ts'
import type { PeopleBook } from './people-book.ts'
import type { PeopleHooks } from './people-hooks.ts'
import { Profiles } from './profiles.ts'
import { type EntryView, Strangers } from './strangers.ts'

export type PeoplePort = {
  readonly identity: Identity
  readonly store: Store
  readonly pins: Pins
  readonly book: PeopleBook
  readonly cards: Cards
  newId(): MessageId
  readonly events: Emitter<ConversationEvents>
  conversations(): Conversations
}

/** The people whom this account knows, and its decisions: accepted, blocked, verified. */
export class People {
  readonly #port: PeoplePort
  readonly #strangers: Strangers
  readonly #keys: KeyChanges
  readonly #profiles: Profiles
  readonly #follower: ChatFollower

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
    this.#profiles = new Profiles(port, (id) => this.#strangers.isQuiet(id))
    this.#follower = new ChatFollower(port, (record) => this.#strangers.isWaiting(record))
  }

  /** The rules that conversations ask for. @internal */
  get hooks(): PeopleHooks {
    const { book, cards } = this.#port
    return {
      checkWrite: ({ kind, peer }) => {
        if (kind === 'direct' && peer !== undefined) this.#keys.check(peer)
      },
      isBlocked: (userId) => this.isBlocked(userId),
      dueCard: (record) => dueCard(book.card, record),
      keepCard: (userId, card) => cards.keep(userId, card),
    }
  }

  /**
   * Returns whether a chat waits as a request. A stranger began it or added this account, and this
   * person has neither accepted it nor written in it. Nothing of it is told to others, counted as
   * unread, or fetched by itself.
   */
  isRequest(conversation: ConversationId): boolean {
    return this.#strangers.isRequest(conversation)
  }

  /** Returns whether this person has blocked somebody. */
  isBlocked(userId: UserId): boolean {
    return this.#strangers.isBlocked(userId)
  }

  /**
   * Returns whether this device tells nothing in a chat by itself, such as receipts or typing. That
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
    this.#follower.followAll()
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
   * only if nobody exchanged a key. Takes about 60 ms.
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
   * Returns the name that somebody shows. It is a claim, so show the username beside it. Undefined
   * when they show none, or are blocked.
   */
  displayName(userId: UserId): string | undefined {
    return this.#profiles.nameOf(userId)
  }

  /** Returns another person known here whose username or display name somebody shows as theirs. */
  sameNameAs(userId: UserId): UserId | undefined {
    return this.#profiles.sameNameAs(userId)
  }

  /** Returns the name and picture that somebody shows. They are claims. */
  async profile(userId: UserId): Promise<Profile> {
    return await this.#profiles.of(userId)
  }

  /**
   * Changes the own name or picture. The latest 50 chats get them at once. Others, and people who
   * are added to a chat, get them before this person's next message there. Requests and blocked
   * people get nothing.
   *
   * @throws {ClientError} `invalid_name`, `too_large`
   */
  async setProfile(change: OwnProfileChange): Promise<void> {
    await this.#profiles.change(change)
  }

  /**
   * Removes a chat that this account has left, with its history, from all devices of the account.
   *
   * @throws {ClientError} `only_left_chats`, `unknown_conversation`
   */
  async forget(conversation: ConversationId): Promise<void> {
    const { record } = this.#port.conversations().get(conversation)
    if (record.status !== 'left' && record.status !== 'removed') throw new ClientError('only_left_chats')
    // The cast holds because a position above 0 was read from the log.
    const seq = record.cursor as Seq
    await this.#port.book.decideChats([[conversation, { is: 'forgotten', ...(seq > 0 && { seq }) }]])
    this.#follower.followAll()
    await this.idle()
  }

  /** Returns whether a chat was left and forgotten, so that no list shows it. */
  isForgotten(record: ConversationRecord): boolean {
    return this.#follower.isForgotten(record)
  }

  /**
   * Checks that nothing stops this person from adding people to a group.
   *
   * @throws {ClientError} `user_blocked`, `verified_key_changed`
   */
  checkAdding(userIds: readonly UserId[]): void {
    for (const userId of userIds) this.#keys.check(userId)
  }

  /** Returns the decisions for the account state. @internal */
  shared(): Partial<Decisions> {
    return this.#port.book.shared()
  }

  /** Takes over the decisions that this account has made on other devices. @internal */
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
    this.#follower.followAll()
  }

  /** Follows the chats from now on, beginning with those in the store. @internal */
  follow(): void {
    this.#follower.followAll()
    this.#port.events.on('conversation', (record) => this.#follower.follow([record]))
  }

  /** Resolves when nothing more is written. @internal */
  async idle(): Promise<void> {
    await this.#follower.idle()
    await this.#port.book.idle()
  }

  #records(): readonly ConversationRecord[] {
    return this.#port.conversations().all.map(({ record }) => record)
  }

  #isFromBlocked({ kind, peer, inviter }: ConversationRecord): boolean {
    const by = kind === 'direct' ? peer : inviter
    return by !== undefined && this.isBlocked(by)
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
