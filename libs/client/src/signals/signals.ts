import type { Clock } from '@fastchat/clock'
import type { DeviceIdentity } from '@fastchat/crypto'
import { type ConversationId, maxSignalMembers, type ServerFrames, type UserId } from '@fastchat/schema'
import type { ConversationEvents } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import { Emitter } from '../emitter.ts'
import { pause } from '../net/backoff.ts'
import type { Connection, ConnectionEvents } from '../net/connection.ts'
import { Serial } from '../serial.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { KeptSignals } from './kept-signals.ts'
import { PresenceSigns } from './presence.ts'
import { Privacy, type PrivacyName, type SharedSettings } from './privacy.ts'
import { Receipts } from './receipts.ts'
import { SignalChannel } from './signal-channel.ts'
import { SignalKeys } from './signal-keys.ts'
import { Typing } from './typing.ts'

/** The events of signals. */
export type SignalEvents = {
  /** The state of messages of this user in a conversation may have changed. */
  receipts: { readonly conversation: ConversationId }
  typing: { readonly conversation: ConversationId; readonly users: readonly UserId[] }
  presence: { readonly user: UserId; readonly isHere: boolean; readonly lastSeenAt: number }
}

type SignalsOptions = {
  readonly store: Store
  readonly identity: DeviceIdentity
  readonly connection: Pick<Connection, 'isOnline' | 'post' | 'request'>
  readonly conversations: Pick<Conversations, 'all' | 'find' | 'isSettled'>
  readonly clock: Clock
  readonly random: () => number
  readonly onError: (error: Error) => void
  readonly privacy: SharedSettings
  readonly mayTell?: (record: ConversationRecord) => boolean
  readonly isBlocked?: (user: UserId) => boolean
  /** Returns whether this device may tell a chat that it is here. */
  readonly mayTellPresence?: (record: ConversationRecord) => boolean
}

/** Signals of one server that wait to be opened. Further ones are dropped. */
const maxWaiting = 2_048

/**
 * Receipts, typing and presence: what devices tell each other beside the log. A signal may be lost,
 * and nothing waits for one. Members who signed them are the only source; see docs/encodings.md.
 */
export class Signals extends Emitter<SignalEvents> {
  readonly privacy: Privacy
  readonly receipts: Receipts
  readonly typing: Typing
  readonly presence: PresenceSigns
  readonly #options: SignalsOptions
  readonly #keys: SignalKeys
  readonly #channel: SignalChannel
  readonly #kept: KeptSignals
  readonly #serial = new Serial()
  /** The epoch of each conversation whose key is kept. */
  readonly #epochs = new Map<ConversationId, string>()
  #waiting = 0
  #isStopped = false

  constructor(options: SignalsOptions) {
    super()
    const privacy = new Privacy(options.store, options.privacy, (name, isOn) => this.#turned(name, isOn))
    const { store, identity, connection, conversations, clock, random, onError } = options
    const me = identity.userId
    const find = (id: ConversationId) => conversations.find(id)
    this.#options = options
    this.privacy = privacy
    this.#keys = new SignalKeys(store)
    const channel = new SignalChannel({
      ...{ identity, connection, find, clock, keys: this.#keys },
      mayTell: options.mayTell ?? (() => true),
      isBlocked: options.isBlocked ?? (() => false),
    })
    this.#channel = channel
    this.receipts = new Receipts({
      ...{ store, me, channel, privacy, find, onError },
      chats: () => conversations.all,
      onChange: (conversation) => this.emit('receipts', { conversation }),
    })
    this.typing = new Typing({
      ...{ me, channel, privacy, clock, onError },
      onChange: (conversation) => this.emit('typing', { conversation, users: this.typing.in(conversation) }),
    })
    this.presence = new PresenceSigns({
      ...{ me, channel, privacy, clock, random, onError },
      mayTell: (id) => {
        const record = find(id)?.record
        return record !== undefined && (options.mayTellPresence?.(record) ?? true)
      },
      onChange: (user) => {
        const known = this.presence.of(user)
        if (known) this.emit('presence', { user, ...known })
      },
    })
    this.#kept = new KeptSignals({
      ...{ store, connection },
      isOpen: () => channel.isOpen && privacy.allows('receipts'),
      untilSettled: async (signal) => {
        while (!conversations.isSettled && !signal.aborted) await pause(settlePollMs, signal)
      },
      untilOpened: () => this.#serial.idle(),
      onError,
    })
  }

  /**
   * Reads the stored signals, and listens to the device. Call it once its conversations are loaded.
   *
   * @internal
   */
  async load(events: Emitter<ConversationEvents>, connection: Emitter<ConnectionEvents>): Promise<void> {
    await this.privacy.load()
    await this.receipts.load()
    events.on('entry', (entry) => this.#noteEntry(entry))
    events.on('conversation', (record) => this.#noteRecord(record))
    connection.on('ready', ({ limits }) => {
      this.#isStopped = false
      this.#channel.connected(limits)
      this.receipts.connected()
    })
    connection.on('synced', () => this.#kept.synced())
  }

  /** Resolves when the signals that the server kept have been read, or cannot be. */
  caughtUp(signal?: AbortSignal): Promise<void> {
    return this.#kept.whenRead(signal)
  }

  #noteEntry(entry: Entry): void {
    this.receipts.noteEntry(entry)
    if (entry.type === 'message' && entry.from !== undefined) this.typing.wrote(entry.conversation, entry.from)
  }

  /** Notes a changed record. The key of each epoch is kept before the next commit is read. */
  #noteRecord(record: ConversationRecord): void {
    this.receipts.noteRecord(record)
    if (this.#isStopped) return
    const { conversation, lawful, groupNo, status, members } = record
    const name = `${groupNo}/${lawful?.epoch ?? ''}`
    if (status !== 'active' || members.length > maxSignalMembers || this.#epochs.get(conversation) === name) return
    this.#epochs.set(conversation, name)
    const keep = this.#options.conversations.find(conversation)?.withGroup(async (group) => {
      if (group?.isMember && !this.#isStopped) await this.#keys.of(group)
    })
    keep?.catch(this.#options.onError)
  }

  /** Takes a signal of another device. */
  received(frame: ServerFrames['signaled']): void {
    if (this.#waiting >= maxWaiting) return
    this.#waiting++
    this.#serial.run(() => this.#open(frame)).catch(this.#options.onError)
  }

  /** Resolves when all signals so far have been opened, and those on their way are sent. */
  async idle(): Promise<void> {
    await this.#serial.idle()
    await this.#channel.idle()
  }

  /** Sends what waits, and ends. Call it before the connection stops. @internal */
  async stop(): Promise<void> {
    this.#kept.stop()
    this.typing.stop()
    await this.receipts.stop()
    await this.presence.stop()
    this.#isStopped = true
    await this.#serial.idle()
  }

  async #open(frame: ServerFrames['signaled']): Promise<void> {
    try {
      const heard = this.#isStopped ? undefined : await this.#channel.open(frame)
      if (!heard) return
      this.receipts.heard(heard)
      this.typing.heard(heard)
      this.presence.heard(heard)
    } finally {
      this.#waiting--
    }
  }

  #turned(name: PrivacyName, isOn: boolean): void {
    if (name === 'receipts' && isOn) this.#kept.again()
    if (name === 'receipts' && !isOn) this.receipts.forget().catch(this.#options.onError)
    if (name === 'typing' && !isOn) this.typing.stop()
    if (name === 'presence' && !isOn) this.presence.forget()
  }
}

const settlePollMs = 20
