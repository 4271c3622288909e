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
import type { Pins } from './account/pins.ts'
import { type Actions, createActions } from './actions.ts'
import type { Backup } from './backup/backup.ts'
import { Changes } from './changes/changes.ts'
import { followEvents } from './changes/follow-events.ts'
import type { ClientEvents } from './client-events.ts'
import type { ConversationEvents, Counters } from './conversation/context.ts'
import type { Conversation } from './conversation/conversation.ts'
import type { ElectionState } from './conversation/election.ts'
import { createParts, type DeviceParts } from './device-parts.ts'
import type { IdleDevices } from './devices/idle-devices.ts'
import type { OwnDevices } from './devices/own-devices.ts'
import { findUser, searchUsers, type UserPage, type UserPageOptions, userPage } from './directory.ts'
import { Emitter } from './emitter.ts'
import type { FailedMessages } from './failed/failed-messages.ts'
import type { Files } from './files/files.ts'
import type { Groups } from './groups/groups.ts'
import type { Place } from './history.ts'
import { listenForActions, listenToFrames, listenToParts } from './listen.ts'
import type { Messages } from './messages/messages.ts'
import type { Api } from './net/api.ts'
import type { Connection } from './net/connection.ts'
import type { ConnectionState } from './net/connection-state.ts'
import { isUnencrypted } from './net/origin.ts'
import { newConversationId, newMessageId } from './new-id.ts'
import { type ClientOptions, type OpenDevice, readDevice } from './open-device.ts'
import type { Own } from './own/own.ts'
import type { OwnAccount } from './own-account/own-account.ts'
import { loadParts, settled, startParts, stopParts } from './parts-lifetime.ts'
import type { People } from './people/people.ts'
import type { Found, SearchOptions } from './search/search.ts'
import type { Signals } from './signals/signals.ts'
import type { ConversationRecord, Entry, Identity } from './store/records.ts'
import type { Store } from './store/store.ts'
import { createTexts } from './texts/create-texts.ts'
import type { Texts } from './texts/texts.ts'

/**
 * A signed-in device: while it is started, it keeps its conversations in step with the server. It
 * is the only writer of its store; the code that opens the store ensures that.
 */
export class Client extends Emitter<ClientEvents> {
  readonly identity: Identity
  readonly baseUrl: string
  /**
   * The traffic to the server can be read and changed on the way, so tell people. See
   * `isUnencrypted`.
   */
  readonly isUnencrypted: boolean
  /** @internal */
  readonly api: Api
  /** @internal */
  readonly pins: Pins
  /** @internal */
  readonly connection: Connection
  /** Tells in batches what changed on this device, for a user interface. */
  readonly changes: Changes
  readonly #parts: DeviceParts
  readonly #actions: Actions
  #texts: Texts | undefined

  private constructor(device: OpenDevice) {
    super()
    // The cast holds because every conversation event is a client event.
    const parts = createParts(device, this as unknown as Emitter<ConversationEvents>)
    this.identity = device.identity
    this.baseUrl = device.rest.baseUrl
    this.isUnencrypted = isUnencrypted(this.baseUrl)
    this.api = device.api
    this.pins = parts.pins
    this.connection = parts.connection
    this.changes = new Changes({ clock: device.clock })
    this.#parts = parts
    this.#actions = createActions(device, parts, this)
  }

  /**
   * Opens the device in a store.
   *
   * @throws {ClientError} `not_signed_in` when the store holds no device, `another_server` when it
   *   belongs to another server
   */
  static async open(baseUrl: string, store: Store, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(await readDevice(baseUrl, store, options))
    await loadParts(client.#parts)
    listenToParts(client.#parts)
    listenToFrames(client.#parts)
    listenForActions(client.#parts, client.#actions, client)
    followEvents(client, client.changes)
    return client
  }

  /** Returns an id for a message that is about to be queued (UUIDv7). */
  newId(): MessageId {
    return this.#parts.context.newId()
  }

  /** Receipts, typing and presence, with their switches. */
  get signals(): Signals {
    return this.#parts.signals
  }

  /** The devices of this account. */
  get ownDevices(): OwnDevices {
    return this.#actions.ownDevices
  }

  /** The devices of this account that were ended because nobody used them. */
  get idleDevices(): IdleDevices {
    return this.#actions.idleDevices
  }

  /** The files on their way out and in. */
  get files(): Files {
    return this.#actions.files
  }

  /** The messages that could not be sent. */
  get failed(): FailedMessages {
    return this.#actions.failed
  }

  /** Edits, deletions, reactions, pins, forwards, and messages that disappear. */
  get messages(): Messages {
    return this.#parts.messages
  }

  /** Holds what the account's devices share: mutes, archive, pinned chats, drafts and settings. */
  get own(): Own {
    return this.#parts.own
  }

  /** The actions on one's own account: password, recovery key, sessions, deletion. */
  get account(): OwnAccount {
    return this.#parts.account
  }

  /** Text messages: sends them, and gives the messages of others one after another. */
  get texts(): Texts {
    this.#texts ??= createTexts(this, this.#parts)
    return this.#texts
  }

  /** The encrypted backup of this account's history. */
  get backup(): Backup {
    return this.#parts.backup
  }

  /** Counts of this process: what could not be read, joins again, and alarms. */
  get counters(): Readonly<Counters> {
    return this.#parts.context.counters
  }

  /** The people whom this account knows: requests, blocks, safety numbers and profiles. */
  get people(): People {
    return this.#parts.people
  }

  /** The state of the connection. */
  get state(): ConnectionState {
    return this.connection.state
  }

  /** Connects, and stays connected until `stop`. It tries again by itself. */
  start(): void {
    startParts(this.#parts)
    this.files.start()
    this.connection.start()
  }

  /** Resolves when this device no longer uses the store, so that it may be closed. */
  async stop(): Promise<void> {
    await stopParts(this.#parts, this.#actions)
  }

  /** Returns the conversations of this device, latest first. */
  conversations(): readonly ConversationRecord[] {
    const records = this.#parts.conversations.all.map(({ record }) => record)
    return records.filter((record) => !this.people.isForgotten(record)).toSorted((a, b) => b.lastAt - a.lastAt)
  }

  /** Returns one conversation. @throws {ClientError} `unknown_conversation` */
  conversation(id: ConversationId): Conversation {
    return this.#parts.conversations.get(id)
  }

  /**
   * Resolves when the backlog of the connection is stored and shown, joins have ended, and enough
   * key packages are at the server.
   *
   * @throws the error that ended the connection, or `signal`'s reason
   */
  async settled(signal?: AbortSignal): Promise<void> {
    await settled(this.#parts, signal)
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
    return this.#parts.chats.openDirect(peer)
  }

  /**
   * Creates a group with this user as admin. Resolves when it exists. A repeated call with the same
   * `id` makes no other group. Each user is added once, and so is this one.
   *
   * @throws {ClientError} `invalid_name`
   */
  createGroup(name: string, users: readonly UserId[], id: ConversationId = newConversationId()): Promise<Conversation> {
    return this.#parts.chats.createGroup(name, users, id)
  }

  /** Members, roles, rules, profile and bans of groups. */
  get groups(): Groups {
    return this.#parts.groups
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
    return this.#parts.history.before(id, limit, before)
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
    return this.#parts.history.after(id, after, limit, options)
  }

  /**
   * Returns entries around a position or message, oldest first: half of them before it, at most
   * `limit`.
   *
   * @throws {ClientError} `unknown_message`
   */
  around(id: ConversationId, place: Place, limit: number): Promise<Entry[]> {
    return this.#parts.history.around(id, place, limit)
  }

  /**
   * Returns the messages of this device's history that have all words of a query, the newest first.
   *
   * @throws {ClientError} `empty_search`, `unknown_conversation`
   */
  search(query: string, options?: SearchOptions): Promise<Found> {
    return this.#parts.search.search(query, options)
  }

  /**
   * Returns the entry of a message.
   *
   * @throws {ClientError} `unknown_message`
   */
  entry(messageId: MessageId): Promise<Entry> {
    return this.#parts.history.entry(messageId)
  }
}
