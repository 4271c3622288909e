import {
  authOperations,
  type ConversationId,
  type Device,
  type DeviceId,
  type MessageId,
  type Role,
  type User,
  type UserId,
} from '@fastchat/schema'
import { followEvents } from './changes/follow-events.ts'
import type { Conversation } from './conversation/conversation.ts'
import type { ElectionState } from './conversation/election.ts'
import { DeviceClient } from './device-client.ts'
import { findUser, searchUsers, type UserPage, type UserPageOptions, userPage } from './directory.ts'
import type { Place } from './history.ts'
import { listenForActions, listenToFrames, listenToParts } from './listen.ts'
import { newConversationId, newMessageId } from './new-id.ts'
import { type ClientOptions, readDevice } from './open-device.ts'
import { loadParts } from './parts-lifetime.ts'
import type { Found, SearchOptions } from './search/search.ts'
import type { ConversationRecord, Entry } from './store/records.ts'
import type { Store } from './store/store.ts'
import { createTexts } from './texts/create-texts.ts'
import type { Texts } from './texts/texts.ts'

/**
 * A signed-in device: it finds people, opens conversations, and reads their history. Its other
 * actions are those of its parts, such as `messages`, `files` and `groups`.
 */
export class Client extends DeviceClient {
  #texts: Texts | undefined

  /**
   * Opens the device in a store.
   *
   * @throws {ClientError} `not_signed_in` when the store holds no device, `another_server` when it
   *   belongs to another server
   */
  static async open(baseUrl: string, store: Store, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(await readDevice(baseUrl, store, options))
    await loadParts(client.parts)
    listenToParts(client.parts)
    listenToFrames(client.parts)
    listenForActions(client.parts, client.actions, client)
    followEvents(client, client.changes)
    return client
  }

  /** Text messages: sends them, and gives the messages of others one after another. */
  get texts(): Texts {
    this.#texts ??= createTexts(this, this.parts)
    return this.#texts
  }

  /** Returns an id for a message that is about to be queued (UUIDv7). */
  newId(): MessageId {
    return this.parts.context.newId()
  }

  /** Returns the conversations of this device, latest first. */
  conversations(): readonly ConversationRecord[] {
    const records = this.parts.conversations.all.map(({ record }) => record)
    return records.filter((record) => !this.people.isForgotten(record)).toSorted((a, b) => b.lastAt - a.lastAt)
  }

  /** Returns one conversation. @throws {ClientError} `unknown_conversation` */
  conversation(id: ConversationId): Conversation {
    return this.parts.conversations.get(id)
  }

  /** Returns the users whose name begins with `query`, from all pages; see `userPages`. */
  users(query?: string, signal?: AbortSignal): Promise<User[]> {
    return searchUsers(this.api, this.pins, query, signal)
  }

  /** Returns one page of the users whose name begins with `query`; see `userPage`. */
  userPage(query?: string, options?: UserPageOptions): Promise<UserPage> {
    return userPage(this.api, this.pins, query, options)
  }

  /** Returns the user with a name. @throws {ServerError} `not_found` */
  user(username: string): Promise<User> {
    return findUser(this.api, this.pins, username)
  }

  /** Returns the devices of this account that are not revoked. */
  async devices(): Promise<readonly Device[]> {
    return (await this.api.call(authOperations.listDevices, {})).devices
  }

  /**
   * Revokes a device of this account permanently, this one or another. Its session ends within
   * seconds. In each chat, the next device that sends removes it.
   *
   * @throws {ServerError} `wrong_credentials`, `not_found`
   * @throws {ClientError} `wrong_vault`, `wrong_account`
   */
  async revokeDevice(deviceId: DeviceId, password: string): Promise<void> {
    await this.ownDevices.revoke(deviceId, password)
  }

  /**
   * Returns the direct chat with `peer`, and makes it if there is none.
   *
   * @throws {ClientError} `only_others`
   */
  openDirect(peer: UserId): Promise<Conversation> {
    return this.parts.chats.openDirect(peer)
  }

  /**
   * Creates a group with this user as admin. Resolves when it exists. A repeated call with the same
   * `id` makes no other group. Each user is added once, and so is this one.
   *
   * @throws {ClientError} `invalid_name`
   */
  createGroup(name: string, users: readonly UserId[], id: ConversationId = newConversationId()): Promise<Conversation> {
    return this.parts.chats.createGroup(name, users, id)
  }

  /** Adds users to a group. Present members stay as they are. */
  addMembers(id: ConversationId, users: readonly UserId[]): Promise<void> {
    return this.groups.add(id, users).then(() => undefined)
  }

  /**
   * Removes users from a group.
   *
   * @throws {ClientError} `only_others` when this user is among them: no one is removed then
   */
  removeMembers(id: ConversationId, userIds: readonly UserId[]): Promise<void> {
    return this.groups.remove(id, userIds)
  }

  /** Gives a member of a group another role. @throws {ServerError} `admins_only` */
  setRole(id: ConversationId, userId: UserId, role: Role): Promise<void> {
    return this.conversation(id).intents.want({ kind: 'role', userId, role })
  }

  /**
   * Votes to replace the admins of a group, whose accounts are deleted. With the votes of more
   * than half of the other members the longest member becomes admin.
   *
   * @throws {ClientError} `not_a_member`, `admin_present`
   */
  async voteForNewAdmin(id: ConversationId, messageId: MessageId = newMessageId()): Promise<ElectionState> {
    return await this.conversation(id).vote(messageId)
  }

  /** Returns entries before a place (exclusive), newest last, at most `limit`. */
  history(id: ConversationId, limit: number, before?: Place): Promise<Entry[]> {
    return this.parts.history.before(id, limit, before)
  }

  /**
   * Returns entries after a place (exclusive), oldest first, at most `limit`. The limit may
   * separate entries of one position. `withChanges` also returns marks of changed messages.
   */
  entriesAfter(
    id: ConversationId,
    after: Place,
    limit: number,
    options: { readonly withChanges?: boolean } = {},
  ): Promise<Entry[]> {
    return this.parts.history.after(id, after, limit, options)
  }

  /**
   * Returns entries around a position or message, oldest first: half of them before it, at most
   * `limit`.
   *
   * @throws {ClientError} `unknown_message`
   */
  around(id: ConversationId, place: Place, limit: number): Promise<Entry[]> {
    return this.parts.history.around(id, place, limit)
  }

  /**
   * Returns the messages of this device's history that have all words of a query, the newest first.
   *
   * @throws {ClientError} `empty_search`, `unknown_conversation`
   */
  search(query: string, options?: SearchOptions): Promise<Found> {
    return this.parts.search.search(query, options)
  }

  /**
   * Returns the entry of a message.
   *
   * @throws {ClientError} `unknown_message`
   */
  entry(messageId: MessageId): Promise<Entry> {
    return this.parts.history.entry(messageId)
  }
}
