import type { Clock } from '@fastchat/clock'
import type { DeviceIdentity } from '@fastchat/crypto'
import type { ConversationId, Head, MessageId } from '@fastchat/schema'
import type { KeyPackages } from '../account/key-packages.ts'
import type { Pins } from '../account/pins.ts'
import type { Emitter } from '../emitter.ts'
import type { Acks } from '../net/acks.ts'
import type { Api } from '../net/api.ts'
import type { Connection } from '../net/connection.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** What happens in conversations, after it is safe in the store. */
export type ConversationEvents = {
  entry: Entry
  conversation: ConversationRecord
  stored: { readonly conversation: ConversationId; readonly id: MessageId; readonly seq: number; readonly at: number }
  trouble: Error
  failed: { readonly conversation: ConversationId; readonly id: MessageId; readonly error: Error }
}

/** What the parts of a conversation work with. */
export type Context = {
  readonly identity: DeviceIdentity
  readonly api: Pick<Api, 'call'>
  readonly store: Store
  readonly connection: Pick<Connection, 'request' | 'isOnline'>
  readonly acks: Pick<Acks, 'note'>
  readonly pins: Pick<Pins, 'trust' | 'lookUp' | 'keep' | 'learn' | 'nameOf' | 'accountKeyOf'>
  /** The last lawful state of a conversation's group that another device of this account knew when this one began. */
  readonly headOf: (conversation: ConversationId) => Head | undefined
  readonly keyPackages: Pick<KeyPackages, 'all' | 'use' | 'refill' | 'renew'>
  readonly events: Emitter<ConversationEvents>
  /**
   * `wrongSenders`: entries that another device had signed than the one they were delivered under. `alarms`: what the chain over a log
   * showed. `skipped`: messages that their senders encrypted and the log did not have.
   */
  readonly counters: {
    undecryptable: number
    rejoins: number
    restarts: number
    wrongSenders: number
    alarms: number
    skipped: number
  }
  /** Since it was opened, this device has been told once that all it had missed was delivered. */
  readonly hasSynced: () => boolean
  readonly clock: Clock
  /** Returns a number from 0 up to, but not including, 1. */
  readonly random: () => number
  readonly newId: () => MessageId
}
