import type { ConversationId, DeviceId, MessageId, Payload, UserId } from '@fastchat/schema'
import type { SystemEvent } from './system-event.ts'

/** One line of a conversation's history. */
export type Entry = {
  /**
   * A `mark` has no line: it changed another message, or its message is gone from this
   * device. `History` leaves marks out.
   */
  readonly type: 'message' | 'system' | 'gap' | 'unreadable' | 'mark'
  readonly conversation: ConversationId
  readonly seq: number
  readonly at: number
  readonly id?: MessageId
  readonly from?: UserId
  readonly device?: DeviceId
  readonly payload?: Payload | { readonly kind: 'unknown' }
  readonly event?: SystemEvent
  /**
   * The last position of a gap that the server has named. Absent for an entry that this device
   * could not read after a gap.
   */
  readonly to?: number
  /**
   * The time of this device's clock from which a message is erased. Backups, exports and searches
   * leave it out.
   */
  readonly expiresAt?: number
  /** The way in which a mark changes another message. */
  readonly change?: { readonly kind: 'edit' | 'delete' | 'reaction' | 'pin'; readonly target: MessageId }
  /** Later words about a message. Only `History` adds them: they are not stored here. */
  readonly annotations?: Annotations
  /** The line came from the backup: this device has not read it in the log. */
  readonly isRestored?: true
}

/**
 * An entry as it is stored. The first line of a log entry in the chain carries the chain's value
 * after it, base64url.
 */
export type StoredEntry = Entry & { readonly c?: string }

/** Later words about a message. `History` has put its latest text into the payload. */
export type Annotations = {
  /** The time of the last edit, and the number of edits that are kept. */
  readonly edited?: { readonly at: number; readonly times: number }
  readonly deleted?: { readonly at: number; readonly by: UserId }
  readonly reactions?: readonly { readonly emoji: string; readonly users: readonly UserId[] }[]
  readonly isPinned?: true
  /** The message that this one answers, from this device's own history. */
  readonly quote?: Quote
}

/** The beginning of a message that another one answers. */
export type Quote = {
  readonly id: MessageId
  /** `missing` stands for a message that is deleted, or not on this device. */
  readonly kind: 'text' | 'file' | 'unknown' | 'missing'
  readonly seq?: number
  readonly from?: UserId
  readonly text?: string
  /** The time from which the quoted message is gone from this device. */
  readonly expiresAt?: number
}
