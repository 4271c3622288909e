import type { ConversationStatus, OutgoingFileInfo, PictureFields, WantedPolicies } from '@fastchat/client'
import type { ConversationId, ConversationKind, DeviceId, Role, UserId } from '@fastchat/schema'
import type { Person } from './person.ts'

export type Me = {
  readonly userId: UserId
  readonly username: string
  readonly device: DeviceId
  readonly deviceName: string
}
export type OwnDevice = {
  readonly device: DeviceId
  readonly name: string
  /** The time in ISO 8601. */
  readonly createdAt: string
  /** The number by which commands name it; it stays. */
  readonly number: number
  readonly kind?: string
  /** The hour of its last sign-in or refresh, by the server. */
  readonly usedAt?: string
  readonly session?: string
  /** Who says the name: a device of the account, or only the server. */
  readonly saidBy?: 'account' | 'server'
  /** It has not been shown on this device yet. */
  readonly isNew: boolean
}
/** A picture that is ready to be sent. */
export type Picture = {
  readonly name: string
  readonly mime: string
  readonly bytes: string
  readonly picture: PictureFields
  readonly caption?: string
}
export type WaitingFile = OutgoingFileInfo
export type SavedFile = { readonly path: string; readonly name: string; readonly size: number }
export type Member = Person & {
  readonly role: Role
  readonly hasLeft: boolean
  /**
   * Whether this device has read nothing from this member since it joined. Then it is not sure that
   * both are in the same group.
   */
  readonly isSilent: boolean
}

/** A conversation, as a list of chats shows it. */
export type ChatInfo = {
  readonly conversation: ConversationId
  readonly kind: ConversationKind
  /**
   * The name of the other person or of the group. It is the id while a group's name is not known.
   */
  readonly name: string
  readonly status: ConversationStatus
  readonly unread: number
  readonly readSeq: number
  readonly cursor: number
  /** The time of the last entry, in milliseconds since 1970. */
  readonly lastAt: number
  readonly members: readonly Member[]
  readonly topic?: string
  readonly hasPicture: boolean
  /** Who may add people, and who may write. */
  readonly policies: Required<WantedPolicies>
  /** Users who may not be added. */
  readonly banned: readonly Person[]
  /** The number of messages of this device that the server has not stored yet. */
  readonly waiting: number
  readonly isMuted: boolean
  /** The end of the mute, in milliseconds since 1970. Absent while it has none. */
  readonly mutedUntil?: number
  readonly isArchived: boolean
  /** This person has marked the chat as unread. */
  readonly isMarkedUnread?: true
  readonly isPinned: boolean
  /** The text that was typed and not sent. */
  readonly draft?: string
  /** Whether it waits until this person accepts it. Its messages do not count as unread then. */
  readonly isRequest?: boolean
  /** Whether it is the direct chat with a blocked person. */
  readonly isBlocked?: boolean
}
