import type { Subject, TroubleFacts } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'

/** The things that stand beside the name of a person in lists and chats. */
export type PersonNote = {
  /** The username, by which the server knows the person. */
  readonly name: string
  /** The name that the person shows. It is a claim, so the username stands beside it. */
  readonly shown?: string
  /** The number of their profile. It rises when their name or picture changes. */
  readonly profile?: number
  readonly isVerified?: true
  readonly isBlocked?: true
  /** The server shows another key for this person, and nothing was decided about it. */
  readonly hasOtherKey?: true
}

/** The notes of the people in the chats of this device. */
export type PeopleNotes = Readonly<Record<UserId, PersonNote>>

/** A person is connected now, or was at a time of their clock. */
export type PresenceNote = { readonly isHere: boolean; readonly lastSeenAt: number }
export type PresenceNotes = Readonly<Record<UserId, PresenceNote>>

/** A problem that this person did not cause. It is shown until it is closed. */
export type TroubleNotice = {
  readonly id: number
  readonly code: string
  /** The English words, for a code that the page does not know. */
  readonly message: string
  readonly facts?: TroubleFacts
  readonly who?: Subject
  /** The chat where it happened. */
  readonly conversation?: ConversationId
}
