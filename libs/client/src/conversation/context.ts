import type { Clock } from '@fastchat/clock'
import type { DeviceIdentity } from '@fastchat/crypto'
import type { ConversationId, Head, MessageId, UserId } from '@fastchat/schema'
import type { KeyPackages } from '../account/key-packages.ts'
import type { Pins } from '../account/pins.ts'
import type { BackupStatus } from '../backup/backup-status.ts'
import type { Emitter } from '../emitter.ts'
import type { Transfer } from '../files/transfer.ts'
import type { Acks } from '../net/acks.ts'
import type { Api } from '../net/api.ts'
import type { Connection } from '../net/connection.ts'
import type { PeopleHooks } from '../people/people-hooks.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The events of conversations. Each is emitted after its change is stored. */
export type ConversationEvents = {
  entry: Entry
  conversation: ConversationRecord
  /** A message is stored on this device and waits to be sent. */
  queued: { readonly conversation: ConversationId; readonly id: MessageId }
  stored: { readonly conversation: ConversationId; readonly id: MessageId; readonly seq: number; readonly at: number }
  /** A message looks different than before: it was edited, deleted, or is gone. */
  changed: { readonly conversation: ConversationId; readonly id: MessageId }
  /** Somebody else's message names this user. */
  mentioned: Entry
  trouble: Error
  /** People were blocked or accepted, or no longer are, on any device of the account. */
  people: { readonly users: readonly UserId[] }
  /** The backup of the history has moved on, or a part of it is restored. */
  backup: BackupStatus
  /** Lines of a chat came from the backup. */
  restored: { readonly conversation: ConversationId }
  failed: { readonly conversation: ConversationId; readonly id: MessageId; readonly error: Error }
  /** A file has got further. */
  transfer: Transfer
}

/** The parts of a device that its conversations share. */
export type Context = {
  readonly identity: DeviceIdentity
  readonly api: Pick<Api, 'call'>
  readonly store: Store
  readonly connection: Pick<Connection, 'request' | 'isOnline'>
  readonly acks: Pick<Acks, 'note'>
  readonly pins: Pick<Pins, 'trust' | 'lookUp' | 'keep' | 'learn' | 'nameOf' | 'accountKeyOf'>
  /**
   * Returns the last lawful state of a conversation's group that another device of this account
   * has stored.
   */
  readonly headOf: (conversation: ConversationId) => Head | undefined
  readonly people: PeopleHooks
  readonly keyPackages: Pick<KeyPackages, 'all' | 'use' | 'refill' | 'renew'>
  readonly events: Emitter<ConversationEvents>
  readonly counters: Counters
  /**
   * Returns whether the server has once delivered the whole backlog since this device was opened.
   */
  readonly hasSynced: () => boolean
  /** Returns whether the backlog of the present connection is delivered. */
  readonly isSynced: () => boolean
  readonly clock: Clock
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number
  readonly newId: () => MessageId
}

/** Counts of one process. */
export type Counters = {
  undecryptable: number
  rejoins: number
  restarts: number
  /** Entries that another device had signed than the one under which they were delivered. */
  wrongSenders: number
  /** Alarms that the chain over a log has raised. */
  alarms: number
  /** Messages that their senders encrypted and the log did not have. */
  skipped: number
}
