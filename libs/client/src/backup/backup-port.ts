import type { Clock } from '@fastchat/clock'
import type { BackedUpChat, BackupHead, BackupSegmentId, ConversationId, DeviceId, UserId } from '@fastchat/schema'
import type { Api } from '../net/api.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Trouble } from '../trouble.ts'
import type { BackupStatus, HandoverStatus } from './backup-status.ts'
import type { Ranges } from './ranges.ts'

/** The parts of a device that its backup uses. */
export type BackupPort = {
  readonly api: Api
  readonly store: Store
  /** Returns the id of a new segment. */
  newId(): BackupSegmentId
  readonly own: { readonly userId: UserId; readonly deviceId: DeviceId }
  records(): readonly ConversationRecord[]
  /** Returns whether the server has named all chats of this device. */
  hasAllChats(): boolean
  /** Resolves when the chats that the server has named are here, or `signal` aborts. */
  opened(signal: AbortSignal): Promise<void>
  /** Returns the chats that the account has forgotten, each with its last position, or 0. */
  forgotten(): Readonly<Record<string, number>>
  /** Adds a chat that only the backup knows. Its history can be read. */
  remember(conversation: ConversationId, chat: BackedUpChat): Promise<void>
  /** Returns the newest backup that the account state tells of. */
  head(): BackupHead | undefined
  /** Called when there is a newer one for the account state. */
  headMoved(): void
  isOnline(): boolean
  tell(trouble: Trouble): void
  changed(status: BackupStatus): void
  /** Called when lines of a chat were restored. */
  restored(conversation: ConversationId): void
  /** The history that an own device has handed over to this one. */
  readonly handover: {
    readonly status: HandoverStatus
    /** Returns the positions of a chat that were handed over. */
    handed(conversation: ConversationId): Ranges
    /** Returns the chats that were handed over. */
    chats(): Readonly<Record<string, BackedUpChat>>
    /** Takes what has come meanwhile. The backup calls it between two segments. Never rejects. */
    take(signal: AbortSignal): Promise<void>
  }
  readonly clock: Pick<Clock, 'wallMs'>
  random(): number
}
