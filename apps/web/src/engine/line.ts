import type { SystemEvent } from '@fastchat/client'
import type { ConversationId, MessageId, UserId } from '@fastchat/schema'

/** The state of a message of one's own, for its mark. */
export type SendState = 'queued' | 'stored' | 'delivered' | 'read' | 'failed'

/** The message that another one answers, as this device has it. */
export type QuotedLine = {
  readonly id: MessageId
  readonly kind: 'text' | 'file' | 'unknown' | 'missing'
  /** Its position in the log, if this device has it. */
  readonly seq?: number
  readonly name?: string
  readonly text?: string
}

/** The file of a message. Its key stays in the engine. */
export type LineFile = {
  readonly name: string
  readonly size: number
  readonly mime: string
  /** The file is a picture of this size in pixels. */
  readonly picture?: { readonly width: number; readonly height: number; readonly thumbnail?: Uint8Array }
}

export type Reaction = { readonly emoji: string; readonly names: readonly string[]; readonly isMine: boolean }

/** A change of a chat, or a problem in it, with the people whom it names. */
export type LineEvent = {
  readonly event: SystemEvent
  /** The people whom the event is about, and this person is one of them. */
  readonly whom: readonly string[]
  readonly isForMe: boolean
  /** The people who were removed by an election. */
  readonly removed?: readonly string[]
  /** Past messages as a member has shared them. Their authors have signed nothing here. */
  readonly shared?: readonly { readonly name: string; readonly text: string }[]
}

/** One line of a conversation, ready to be shown. `key` is the same before and after the ack. */
export type Line = {
  readonly key: string
  readonly kind: 'text' | 'file' | 'deleted' | 'unknown' | 'system' | 'gap'
  /** The position in the log. Absent for a message that has none yet. */
  readonly seq?: number
  readonly at: number
  readonly id?: MessageId
  readonly from?: UserId
  readonly name?: string
  readonly isOwn: boolean
  /** The text of a message, the name of a file, or the kind of a system event. */
  readonly text: string
  readonly event?: LineEvent
  readonly state?: SendState
  readonly isEdited?: true
  /** The time until which this person may edit the text. */
  readonly editableUntil?: number
  readonly isForwarded?: true
  readonly isPinned?: true
  /** The names of the members whom the text names with @. */
  readonly mentions?: readonly string[]
  /** The text names this person. */
  readonly isForMe?: true
  /** The time of a message that disappears, by the clock of this device. */
  readonly expiresAt?: number
  readonly replyTo?: QuotedLine
  readonly file?: LineFile
  /** The stable code of the reason why the message was not sent. */
  readonly failure?: string
  readonly reactions?: readonly Reaction[]
}

/** A part of a conversation, oldest first. */
export type Timeline = {
  readonly conversation: ConversationId
  readonly lines: readonly Line[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  readonly firstUnread?: number
}
