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

/** A chat, by its id and the name that it has here. */
export type NamedChat = { readonly conversation: ConversationId; readonly name: string }

/** A group in which a person still stands under a former key. */
export type FormerKeyGroup = NamedChat & {
  /** This account may add the person again there. */
  readonly mayMend: boolean
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
  /** Returns the groups where a person still stands under another key than the one in use. */
  formerKeyGroups(args: Of): Promise<readonly FormerKeyGroup[]>
  /** Removes a chat. `undoMs` is the time in which `undoForget` takes it back. */
  forget(args: In & { readonly undoMs: number }): Promise<void>
  /** Takes back the latest removal that still can be, and returns its chat. */
  undoForget(): Promise<NamedChat | null>
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
  formerKeyGroups: true,
  forget: true,
  undoForget: true,
  profile: true,
  setProfile: true,
}
