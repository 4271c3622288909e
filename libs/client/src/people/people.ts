import type { ConversationId, PersonDecisions, UserId } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'
import type { Profile } from './cards.ts'
import type { Decisions } from './decisions.ts'
import { type FormerKeyGroup, groupsWithFormerKey, leaveFormerKey } from './former-keys.ts'
import { type KeyChange, KeyChanges } from './key-changes.ts'
import { dueCard, type OwnProfileChange } from './own-profile.ts'
import type { PeopleHooks } from './people-hooks.ts'
import { Profiles } from './profiles.ts'
import { type PeoplePort, Standings } from './standings.ts'

/** The people whom this account knows, and its decisions: accepted, blocked, verified. */
export class People extends Standings {
  readonly #keys: KeyChanges
  readonly #profiles: Profiles

  constructor(port: PeoplePort) {
    super(port)
    const { book, identity, pins } = port
    this.#keys = new KeyChanges({ identity, pins, book })
    this.#profiles = new Profiles(port, (id) => this.isQuiet(id))
  }

  /** The rules that conversations ask for. @internal */
  get hooks(): PeopleHooks {
    const { book, cards } = this.port
    return {
      checkWrite: ({ kind, peer }) => {
        if (kind === 'direct' && peer !== undefined) this.#keys.check(peer)
      },
      isHidden: (record, entry) =>
        (entry.from !== undefined && this.isBlocked(entry.from)) || this.strangers.isUnseen(record, entry),
      isUnseen: (record, entry) => this.strangers.isUnseen(record, entry),
      dueCard: (record) => dueCard(book.card, record),
      keepCard: (userId, card) => cards.keep(userId, card),
    }
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
    await this.port.pins.lookAgain([userId])
  }

  /** Returns another key that was shown for somebody, until this person has decided about it. */
  keyChange(userId: UserId): KeyChange | undefined {
    return this.#keys.changeOf(userId)
  }

  /**
   * Takes the key of a `KeyChange` in place of the pinned one. The direct chat with that person
   * begins its next group. `groupsWithFormerKey` names the groups where an admin has to add the
   * person again (`Groups.addAgain`).
   *
   * @throws {ClientError} `no_new_key`, `name_unverified`
   */
  async acceptKey(userId: UserId, shownKey: string): Promise<void> {
    await this.#keys.accept(userId, shownKey)
    await leaveFormerKey(this.port.conversations(), userId, shownKey)
  }

  /** Returns the groups where a person still stands under a key that is not the pinned one. */
  groupsWithFormerKey(userId: UserId): readonly FormerKeyGroup[] {
    const { identity, pins } = this.port
    const key = pins.accountKeyOf(userId)
    if (key === undefined) return []
    return groupsWithFormerKey(this.port.conversations(), { userId, key, me: identity.userId })
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
   * Returns the number of the profile that somebody shows, which rises with each change of it.
   * Undefined when they show none, or are blocked.
   */
  profileNumber(userId: UserId): number | undefined {
    return this.#profiles.numberOf(userId)
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
   * Removes a chat with its history from all devices of the account. Nobody else is told. A group
   * must be left first. A direct chat is shown again when there is a new message in it.
   *
   * @param undo milliseconds in which `undoForget` takes it back; meanwhile the chat is only hidden
   * @throws {ClientError} `only_left_chats`, `unknown_conversation`
   */
  async forget(conversation: ConversationId, { undo = 0 }: { readonly undo?: number } = {}): Promise<void> {
    await this.removal.forget(conversation, undo)
    await this.idle()
  }

  /** Takes back the latest removal that still can be, and returns its chat. */
  async undoForget(): Promise<ConversationId | undefined> {
    return await this.removal.undo()
  }

  /** Returns whether a chat was removed and nothing was written in it since. No list shows it. */
  isForgotten(record: ConversationRecord): boolean {
    return this.removal.isForgotten(record)
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
    return this.port.book.shared()
  }

  /** Takes over the decisions that this account has made on other devices. @internal */
  async take(decisions: Partial<Decisions>): Promise<void> {
    const { book, pins } = this.port
    // The casts hold because the form of the account state allows only ids as keys.
    const before = new Map(Object.keys(decisions.people ?? {}).map((id) => [id, unseenIn(book.about(id as UserId))]))
    await book.take(decisions)
    // Messages that this device has read before it learnt of a block do not count.
    for (const [id, unseen] of before)
      if (unseen !== unseenIn(book.about(id as UserId)))
        await this.port
          .conversations()
          .directWith(id as UserId)
          ?.recount()
    for (const [id, { acceptedKey }] of Object.entries(decisions.people ?? {})) {
      // The cast holds because the form of the account state allows only ids as keys.
      const userId = id as UserId
      const pinned = pins.accountKeyOf(userId)
      if (!acceptedKey || pinned === undefined || pinned === acceptedKey.key) continue
      await pins.adoptKey(userId, acceptedKey.key)
      pins.doubts.report({ userId, username: pins.nameOf(userId), accountKey: acceptedKey.key }, 'key_accepted')
      await leaveFormerKey(this.port.conversations(), userId, acceptedKey.key)
    }
    this.followAll()
  }

  /** Follows the chats from now on, beginning with those in the store. @internal */
  follow(): void {
    const { events } = this.port
    this.removal.load().catch((error: Error) => events.emit('trouble', error))
    this.followAll()
    events.on('conversation', (record) => this.followChats([record]))
    events.on('restored', ({ conversation }) => this.removal.restored(conversation))
  }

  /** Ends removals that could still be taken back. Resolves when nothing more is written. */
  async stop(): Promise<void> {
    await this.removal.end()
    await this.idle()
  }
}

const unseenIn = ({ standing, unseen }: PersonDecisions): string => JSON.stringify([standing?.is, unseen])
