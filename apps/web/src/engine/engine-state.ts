import type { ConversationId, IdleDevice, MessageId, UserId } from '@fastchat/schema'
import type { Line } from './line.ts'
import type { PeopleNotes, PresenceNotes, TroubleNotice } from './people-state.ts'
import type { SettingsState, Task } from './settings-state.ts'

export type ChatRow = {
  readonly id: ConversationId
  readonly kind: 'direct' | 'group'
  /** Absent for a group whose name is not known yet. */
  readonly title?: string
  readonly unread: number
  readonly lastAt: number
  /** The last line, for the list. */
  readonly last?: Line
  readonly isMuted: boolean
  readonly isArchived: boolean
  readonly isPinned: boolean
  /** The end of a mute. Absent for one without end. */
  readonly mutedUntil?: number
  readonly isMarkedUnread?: true
  /** An unread message names this person. */
  readonly hasMention?: true
  readonly draft?: string
  /** New messages disappear after this time. Absent when they stay. */
  readonly timerSeconds?: number
  /** This person may pin messages and set the timer: an admin of a group, or in a direct chat. */
  readonly mayPin: boolean
  readonly isRequest: boolean
  readonly mayWrite: boolean
  /** Why this person may not write: they are out of the group, or only admins write in it. */
  readonly closedBy?: 'left' | 'removed' | 'admins'
  /** The other person of a direct chat. */
  readonly peer?: UserId
  /** Who began a chat that waits as a request, as their device has signed it. */
  readonly requestBy?: Person
  /** The digest of the group's picture. */
  readonly picture?: string
  readonly members: number
}

export type Link =
  | { readonly state: 'off' | 'connecting' | 'online' }
  | { readonly state: 'unavailable'; readonly retryAt: number }
  | { readonly state: 'ended'; readonly code: string }

export type Person = { readonly userId: UserId; readonly name: string }

/** How far a file on its way out has got, from 0 to 1. */
export type Sending = { readonly id: MessageId; readonly part: number }

/** The state that every tab shows. */
export type EngineState = {
  readonly phase: 'signed-out' | 'ready'
  readonly me?: Person
  readonly link: Link
  readonly chats: readonly ChatRow[]
  /** The largest file that can be sent, in bytes. */
  readonly maxFileBytes?: number
  readonly sending?: readonly Sending[]
  readonly people?: PeopleNotes
  readonly presence?: PresenceNotes
  /** Problems that this person did not cause, latest last. */
  readonly troubles?: readonly TroubleNotice[]
  /** The names of those who are typing now. */
  readonly typing?: Readonly<Record<ConversationId, readonly string[]>>
  readonly settings?: SettingsState
  /** The last long task. */
  readonly task?: Task
}

/** A problem for the person, by its stable code. */
export type Failure = {
  readonly code: string
  readonly message: string
  /** The account has as many devices as it may have: these. */
  readonly devices?: readonly IdleDevice[]
}
