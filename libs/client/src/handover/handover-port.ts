import type { Clock } from '@fastchat/clock'
import type { BackupIndex, ConversationId, DeviceId } from '@fastchat/schema'
import type { Ranges } from '../backup/ranges.ts'
import type { Api } from '../net/api.ts'
import type { OwnRows } from '../own/own-rows.ts'
import type { ConversationRecord, Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The parts of a device that a handover uses, on both ends. */
export type HandoverPort = {
  readonly api: Api
  readonly store: Store
  readonly identity: Identity
  readonly rows: Pick<OwnRows, 'value' | 'set' | 'on'>
  records(): readonly ConversationRecord[]
  isForgotten(record: ConversationRecord): boolean
  /** Returns the index of the backup, as this device knows it. */
  index(): BackupIndex
  /** Returns the positions of a chat that were handed over to this device. */
  handed(conversation: ConversationId): Ranges
  /** Returns whether this device knows that a device of the account was revoked. */
  isRevoked(device: DeviceId): boolean
  isOnline(): boolean
  /** Runs a task that writes restored lines, in turn with the backup. */
  inTurn(task: (signal: AbortSignal) => Promise<void>): Promise<void>
  /** Called in turn with the backup, when lines of these chats were taken. */
  taken(conversations: ReadonlySet<ConversationId>): Promise<void>
  /** Called when the handover has moved on. */
  changed(): void
  readonly clock: Pick<Clock, 'wallMs'>
  random(): number
}
