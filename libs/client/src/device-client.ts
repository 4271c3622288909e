import type { Pins } from './account/pins.ts'
import { type Actions, createActions } from './actions.ts'
import type { Backup } from './backup/backup.ts'
import { Changes } from './changes/changes.ts'
import type { ClientEvents } from './client-events.ts'
import type { ConversationEvents, Counters } from './conversation/context.ts'
import { createParts, type DeviceParts } from './device-parts.ts'
import type { IdleDevices } from './devices/idle-devices.ts'
import type { OwnDevices } from './devices/own-devices.ts'
import { Emitter } from './emitter.ts'
import type { FailedMessages } from './failed/failed-messages.ts'
import type { Files } from './files/files.ts'
import type { Groups } from './groups/groups.ts'
import type { Messages } from './messages/messages.ts'
import type { Api } from './net/api.ts'
import type { Connection } from './net/connection.ts'
import type { ConnectionState } from './net/connection-state.ts'
import { isUnencrypted } from './net/origin.ts'
import type { OpenDevice } from './open-device.ts'
import type { Own } from './own/own.ts'
import type { OwnAccount } from './own-account/own-account.ts'
import { settled, startParts, stopParts } from './parts-lifetime.ts'
import type { People } from './people/people.ts'
import { WebPush } from './push/web-push.ts'
import type { Signals } from './signals/signals.ts'
import type { Identity } from './store/records.ts'

/**
 * The parts of a signed-in device, with their start and their end. While the device is started, it
 * keeps its conversations in step with the server. It is the only writer of its store; the code
 * that opens the store ensures that.
 */
export class DeviceClient extends Emitter<ClientEvents> {
  readonly identity: Identity
  readonly baseUrl: string
  /** Wakes this device while its page is closed. */
  readonly webPush: WebPush
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
  /** @internal */
  protected readonly parts: DeviceParts
  /** @internal */
  protected readonly actions: Actions

  protected constructor(device: OpenDevice) {
    super()
    // The cast holds because every conversation event is a client event.
    const parts = createParts(device, this as unknown as Emitter<ConversationEvents>)
    this.identity = device.identity
    this.baseUrl = device.rest.baseUrl
    this.isUnencrypted = isUnencrypted(this.baseUrl)
    this.api = device.api
    this.webPush = new WebPush(device.api)
    this.pins = parts.pins
    this.connection = parts.connection
    this.changes = new Changes({ clock: device.clock })
    this.parts = parts
    this.actions = createActions(device, parts, this)
  }

  /** Receipts, typing and presence, with their switches. */
  get signals(): Signals {
    return this.parts.signals
  }

  /** The devices of this account. */
  get ownDevices(): OwnDevices {
    return this.actions.ownDevices
  }

  /** The devices of this account that were ended because nobody used them. */
  get idleDevices(): IdleDevices {
    return this.actions.idleDevices
  }

  /** The files on their way out and in. */
  get files(): Files {
    return this.actions.files
  }

  /** The messages that could not be sent. */
  get failed(): FailedMessages {
    return this.actions.failed
  }

  /** Edits, deletions, reactions, pins, forwards, and messages that disappear. */
  get messages(): Messages {
    return this.parts.messages
  }

  /** Holds what the account's devices share: mutes, archive, pinned chats, drafts and settings. */
  get own(): Own {
    return this.parts.own
  }

  /** The actions on one's own account: password, recovery key, sessions, deletion. */
  get account(): OwnAccount {
    return this.parts.account
  }

  /** Members, roles, rules, profile and bans of groups. */
  get groups(): Groups {
    return this.parts.groups
  }

  /** The encrypted backup of this account's history. */
  get backup(): Backup {
    return this.parts.backup
  }

  /** Counts of this process: what could not be read, joins again, and alarms. */
  get counters(): Readonly<Counters> {
    return this.parts.context.counters
  }

  /** The people whom this account knows: requests, blocks, safety numbers and profiles. */
  get people(): People {
    return this.parts.people
  }

  /** The state of the connection. */
  get state(): ConnectionState {
    return this.connection.state
  }

  /** Connects, and stays connected until `stop`. It tries again by itself. */
  start(): void {
    startParts(this.parts)
    this.files.start()
    this.connection.start()
  }

  /** Resolves when this device no longer uses the store, so that it may be closed. */
  async stop(): Promise<void> {
    await stopParts(this.parts, this.actions)
  }

  /**
   * Resolves when the backlog of the connection is stored and shown, joins have ended, and enough
   * key packages are at the server.
   *
   * @throws the error that ended the connection, or `signal`'s reason
   */
  async settled(signal?: AbortSignal): Promise<void> {
    await settled(this.parts, signal)
  }
}
