import { type Clock, systemClock } from '@fastchat/clock'
import {
  authOperations,
  type ConversationId,
  chatOperations,
  type Device,
  type DeviceId,
  type MessageId,
  type Role,
  type ServerFrames,
  type User,
  type UserId,
} from '@fastchat/schema'
import { bindServer } from './account/bind-server.ts'
import { deviceIdentity } from './account/enrol.ts'
import { KeyPackages } from './account/key-packages.ts'
import { Pins } from './account/pins.ts'
import { revokeDevice } from './account/revoke-device.ts'
import { presentHeads } from './account-state/present-heads.ts'
import { type KeptState, SharedState } from './account-state/shared-state.ts'
import type { Context, ConversationEvents } from './conversation/context.ts'
import type { Conversation } from './conversation/conversation.ts'
import { Conversations } from './conversation/conversations.ts'
import { findUser, searchUsers } from './directory.ts'
import { Emitter } from './emitter.ts'
import { ClientError } from './errors.ts'
import { History } from './history.ts'
import { KnownDatabase } from './known-database.ts'
import { othersIn, readLabel } from './names.ts'
import { Acks } from './net/acks.ts'
import { type Api, createApi } from './net/api.ts'
import { createBackoff, pause } from './net/backoff.ts'
import { Connection, type ConnectionState } from './net/connection.ts'
import { isUnencrypted } from './net/origin.ts'
import { createRest, type Rest } from './net/rest.ts'
import { createTokens, type Tokens } from './net/tokens.ts'
import { newConversationId, newMessageId } from './new-id.ts'
import { type ConversationRecord, type Entry, getRecord, type Identity } from './store/records.ts'
import type { Store } from './store/store.ts'

export type ClientOptions = {
  /** Connect to these pods, wherever they are, instead of those that the balancer picks: a person named them. */
  readonly podUrls?: readonly string[] | undefined
  /** The clocks; by default those of this machine. */
  readonly clock?: Clock
  /** Returns a number from 0 up to, but not including, 1; by default `Math.random`. */
  readonly random?: () => number
}

export type ClientEvents = ConversationEvents & { connection: ConnectionState; synced: ServerFrames['synced'] }

/** What the store of a device holds besides its conversations. */
type Stored = { readonly identity: Identity; readonly dbEpoch: string | undefined; readonly shared: KeptState }

const pollMs = 10

/**
 * A signed-in device: its conversations, kept in step with the server while it is started. It owns the store's writes;
 * whoever opens it makes sure that there is only one on a store.
 */
export class Client extends Emitter<ClientEvents> {
  readonly identity: Identity
  readonly baseUrl: string
  /** Whoever is between this device and its server can read and change what they say: tell people. See `isUnencrypted`. */
  readonly isUnencrypted: boolean
  readonly api: Api
  readonly pins: Pins
  readonly connection: Connection
  readonly #history: History
  readonly #context: Context
  readonly #acks: Acks
  readonly #conversations: Conversations
  readonly #database: KnownDatabase
  readonly #shared: SharedState
  readonly #rest: Rest
  #syncs = 0
  #hasSynced = false
  #isRefilling = false

  private constructor(
    store: Store,
    { identity, dbEpoch, shared }: Stored,
    net: { rest: Rest; tokens: Tokens; api: Api; podUrls: ClientOptions['podUrls'] },
    pins: Pins,
    { clock, random }: { readonly clock: Clock; readonly random: () => number },
  ) {
    super()
    this.identity = identity
    this.baseUrl = net.rest.baseUrl
    this.isUnencrypted = isUnencrypted(this.baseUrl)
    this.api = net.api
    this.#rest = net.rest
    this.pins = pins
    const port = {
      store,
      pins,
      api: net.api,
      isOnline: () => this.connection.isOnline,
      clock,
      random,
    }
    this.#shared = new SharedState(identity, shared, {
      ...port,
      heads: () => presentHeads(this.#conversations.all),
      tell: (trouble) => this.emit('trouble', trouble),
      split: (conversation) => this.#conversations.tellSplit(conversation),
      named: (conversation, profile) => this.#conversations.learnName(conversation, profile),
    })
    this.#history = new History(store)
    this.connection = new Connection({
      ...net,
      clock,
      backoff: createBackoff(random, clock),
      cursors: () => this.#conversations.cursors(),
    })
    this.#acks = new Acks((frame) => this.connection.post(frame))
    const device = deviceIdentity(identity)
    this.#context = {
      identity: device,
      api: net.api,
      store,
      connection: this.connection,
      acks: this.#acks,
      pins,
      headOf: (conversation) => this.#shared.head(conversation),
      keyPackages: new KeyPackages(net.api, store, device, clock),
      // Conversation events are client events.
      events: this as unknown as Emitter<ConversationEvents>,
      counters: { undecryptable: 0, rejoins: 0, restarts: 0, wrongSenders: 0, alarms: 0, skipped: 0 },
      hasSynced: () => this.#hasSynced,
      clock,
      random,
      newId: newMessageId,
    }
    this.#conversations = new Conversations({ context: this.#context, pins })
    this.#database = new KnownDatabase(this.#context, () => this.#conversations.all, dbEpoch)
  }

  /** Opens what the store holds. @throws {ClientError} `not_signed_in` when it holds no device, `another_server` when that is another server's. */
  static async open(baseUrl: string, store: Store, options: ClientOptions = {}): Promise<Client> {
    const identity = await getRecord<Identity>(store, 'meta', 'identity')
    if (!identity) throw new ClientError('not_signed_in', 'Sign up or log in first')
    await bindServer(store, baseUrl)
    const rest = createRest(baseUrl)
    const { clock = systemClock, random = Math.random } = options
    const tokens = createTokens(rest, store, clock)
    const api = createApi(rest, tokens)
    const pins = await Pins.load(api, store)
    const dbEpoch = await getRecord<string>(store, 'meta', 'dbEpoch')
    const shared = await SharedState.read(store)
    const client = new Client(
      store,
      { identity, dbEpoch, shared },
      { rest, tokens, api, podUrls: options.podUrls },
      pins,
      { clock, random },
    )
    await client.#conversations.load()
    client.#listen()
    return client
  }

  /** An id for a message that is about to be queued (UUIDv7). */
  newId(): MessageId {
    return this.#context.newId()
  }

  get counters(): Readonly<Context['counters']> {
    return this.#context.counters
  }

  get state(): ConnectionState {
    return this.connection.state
  }

  start(): void {
    this.connection.start()
  }

  /** Resolves when nothing touches the store any more: it may be closed then. */
  async stop(): Promise<void> {
    this.#acks.flush()
    await this.#shared.stop()
    await this.connection.stop()
    await this.#database.idle()
    await Promise.all(this.#conversations.all.map((conversation) => conversation.stop()))
  }

  /** Conversations of this device, latest first. */
  conversations(): readonly ConversationRecord[] {
    return this.#conversations.all.map(({ record }) => record).toSorted((a, b) => b.lastAt - a.lastAt)
  }

  conversation(id: ConversationId): Conversation {
    return this.#conversations.get(id)
  }

  /**
   * Resolves when what was missed is here, safe and shown: after a connection is made, after joins have ended, and after
   * key packages lie ready for those who want to add this device. @throws what ended the connection for good, or `signal`'s reason
   */
  async settled(signal?: AbortSignal): Promise<void> {
    while (!this.#isSettled()) {
      signal?.throwIfAborted()
      if (this.state.state === 'ended') throw this.state.error
      await pause(pollMs, signal)
    }
  }

  #isSettled(): boolean {
    return this.#syncs > 0 && this.connection.isOnline && !this.#isBusy && this.#conversations.isSettled
  }

  get #isBusy(): boolean {
    return this.#isRefilling || this.#database.isFollowing || this.#shared.isBusy
  }

  users(query?: string): Promise<User[]> {
    return searchUsers(this.api, this.pins, query)
  }

  user(username: string): Promise<User> {
    return findUser(this.api, this.pins, username)
  }

  /** The devices of this account, revoked ones left out. */
  async devices(): Promise<readonly Device[]> {
    return (await this.api.call(authOperations.listDevices, {})).devices
  }

  /**
   * Revokes a device of this account for ever, this one or another. Its session ends within seconds, and the next who sends in a chat with
   * it removes it there.
   *
   * @throws {ServerError} `wrong_credentials`, `not_found`; {ClientError} `wrong_vault`, `wrong_account`
   */
  async revokeDevice(deviceId: DeviceId, password: string): Promise<void> {
    await revokeDevice({ rest: this.#rest, api: this.api }, this.identity, deviceId, password)
  }

  /** The direct conversation with `peer`, made when there is none yet. @throws {ClientError} `only_others` */
  async openDirect(peer: UserId): Promise<Conversation> {
    if (peer === this.identity.userId) throw new ClientError('only_others', 'There is no chat with yourself')
    const conversation = this.#conversations.directWith(peer) ?? (await this.#reserveDirect(peer))
    // Also when this device ended between the reservation and the wish.
    if (conversation.record.status === 'new')
      conversation.intents
        .want({ kind: 'create', userIds: [peer] })
        .catch((error: Error) => this.emit('trouble', error))
    return conversation
  }

  /**
   * Creates a group with us as admin. Resolves when it exists. Asked again with the same `id`, it makes no other. Who is named twice is
   * in it once, and so are we.
   *
   * @throws {ClientError} `invalid_name`
   */
  async createGroup(
    written: string,
    users: readonly UserId[],
    id: ConversationId = newConversationId(),
  ): Promise<Conversation> {
    const name = readLabel(written, 'group')
    const userIds = othersIn(users, this.identity.userId)
    const body = { kind: 'group', conversation: id } as const
    const conversation = await this.#conversations.adopt(
      await this.api.call(chatOperations.reserveConversation, { body }),
    )
    // First, so that a device that ends here has made no group without a name.
    if (conversation.record.name === undefined) await conversation.announce(name)
    await conversation.intents.want({ kind: 'create', userIds, name })
    return conversation
  }

  /** Who is in the group already stays as they are. */
  async addMembers(id: ConversationId, users: readonly UserId[]): Promise<void> {
    const conversation = this.conversation(id)
    const userIds = othersIn(users, this.identity.userId)
    if (userIds.length === 0) return
    await conversation.intents.want({ kind: 'add', userIds })
    const { name, topic } = conversation.record
    if (name !== undefined) await conversation.announce(name, topic)
  }

  /** @throws {ClientError} `only_others` when we are among them: nobody is removed then. */
  async removeMembers(id: ConversationId, userIds: readonly UserId[]): Promise<void> {
    if (userIds.includes(this.identity.userId))
      throw new ClientError('only_others', 'You cannot remove yourself: leave the group instead')
    await this.conversation(id).intents.want({ kind: 'remove', userIds: [...new Set(userIds)] })
  }

  async setRole(id: ConversationId, userId: UserId, role: Role): Promise<void> {
    await this.conversation(id).intents.want({ kind: 'role', userId, role })
  }

  /** Entries before `before` (exclusive), newest last, at most `limit`. */
  history(id: ConversationId, limit: number, before?: number): Promise<Entry[]> {
    return this.#history.before(id, limit, before)
  }

  /** Entries after `after` (exclusive), oldest first, at most `limit`; the entries of one position may be cut apart. */
  entriesAfter(id: ConversationId, after: number, limit: number): Promise<Entry[]> {
    return this.#history.after(id, after, limit)
  }

  /** @throws {ClientError} `unknown_message` */
  entry(messageId: MessageId): Promise<Entry> {
    return this.#history.entry(messageId)
  }

  async #reserveDirect(peer: UserId): Promise<Conversation> {
    const body = { kind: 'direct', peer } as const
    return await this.#conversations.adopt(await this.api.call(chatOperations.reserveConversation, { body }), peer)
  }

  #listen(): void {
    const { connection } = this
    const conversations = this.#conversations
    const failed = (error: Error) => this.emit('trouble', error)
    this.pins.tell = failed
    this.pins.changed = () => this.#shared.changed()
    this.on('conversation', ({ conversation, lawful, profileSeq }) => {
      if (lawful) this.#shared.moved(conversation, lawful, profileSeq)
    })
    this.pins.tellChats = ({ userId, code }) => conversations.tellOf(userId, code)
    connection.on('state', (state) => {
      const isRevoked =
        state.state === 'ended' && state.error instanceof ClientError && state.error.code === 'device_revoked'
      if (isRevoked) for (const conversation of conversations.all) conversation.revoked().catch(failed)
      this.emit('connection', state)
    })
    connection.on('trouble', failed)
    connection.on('ready', ({ dbEpoch }) => {
      this.#syncs = 0
      this.#database.meet(dbEpoch).catch(failed)
      for (const conversation of conversations.all) conversation.online()
      this.#refill().catch(failed)
      this.#shared.connected(dbEpoch).catch(failed)
    })
    connection.on('synced', (frame) => {
      this.#syncs++
      this.#hasSynced = true
      for (const conversation of conversations.all) conversation.caughtUp()
      this.emit('synced', frame)
    })
    connection.on('message', ({ t: _, ...entry }) =>
      conversations.with(entry.conversation, (one) => one.receive(entry)),
    )
    connection.on('gap', (gap) => conversations.with(gap.conversation, (one) => one.receive(gap)))
    connection.on('welcome', (frame) => conversations.with(frame.conversation, (one) => one.invited(frame), frame))
  }

  async #refill(): Promise<void> {
    this.#isRefilling = true
    try {
      await this.#context.keyPackages.refill()
    } finally {
      this.#isRefilling = false
    }
  }
}
