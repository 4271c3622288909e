import type { ConversationId, ConversationKind, UserId } from '@fastchat/schema'
import type { Person } from './person.ts'

/** A chat that waits until it is accepted. */
export type Request = {
  readonly conversation: ConversationId
  readonly kind: ConversationKind
  readonly name: string
  /** The username of the person who began the chat or signed the invitation, if it is known. */
  readonly from?: string
}

/** The safety number with a person, and another key that was shown for them. */
export type Safety = {
  readonly number: string
  readonly isVerified: boolean
  readonly change?: { readonly number: string; readonly key: string }
}

/** The name and picture that a person shows. */
export type ShownProfile = {
  readonly name?: string
  /** The bytes in base64url. */
  readonly picture?: string
  /** The username of another person who has this name. */
  readonly sameNameAs?: string
}

type Of = { readonly userId: UserId }
type In = { readonly conversation: ConversationId }

/** The verbs of a device about people. */
export type PeopleVerbs = {
  requests(): Promise<readonly Request[]>
  acceptChat(args: In): Promise<void>
  acceptUser(args: Of): Promise<void>
  block(args: Of): Promise<void>
  unblock(args: Of): Promise<void>
  blocked(): Promise<readonly Person[]>
  /** Returns the known user with a name. It does not ask the server. */
  knownUser(args: { readonly username: string }): Promise<Person | null>
  /** Asks the directory for the person's key, if there is a server, and compares it. */
  safety(args: Of): Promise<Safety>
  verify(args: Of & { readonly isVerified: boolean }): Promise<void>
  compare(args: Of & { readonly digits: string }): Promise<void>
  acceptKey(args: Of & { readonly key: string }): Promise<void>
  forget(args: In): Promise<void>
  profile(args: Of): Promise<ShownProfile>
  /** Changes the own profile. `null` removes a part; `picture` is in base64url. */
  setProfile(args: { readonly name?: string | null; readonly picture?: string | null }): Promise<void>
}

export const isPeopleVerb: Readonly<Record<keyof PeopleVerbs, true>> = {
  requests: true,
  acceptChat: true,
  acceptUser: true,
  block: true,
  unblock: true,
  blocked: true,
  knownUser: true,
  safety: true,
  verify: true,
  compare: true,
  acceptKey: true,
  forget: true,
  profile: true,
  setProfile: true,
}
