import type { ConversationId, MessageId, UserId } from '@fastchat/schema'

/** The state of a message of one's own, for its mark. */
export type SendState = 'queued' | 'stored' | 'delivered' | 'read' | 'failed'

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
  /** The names that a system line is about. */
  readonly about?: readonly string[]
  readonly state?: SendState
  readonly isEdited?: true
}

/** A part of a conversation, oldest first. */
export type Timeline = {
  readonly conversation: ConversationId
  readonly lines: readonly Line[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  readonly firstUnread?: number
}

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
  readonly isRequest: boolean
  readonly mayWrite: boolean
  readonly members: number
}

export type Link =
  | { readonly state: 'off' | 'connecting' | 'online' }
  | { readonly state: 'unavailable'; readonly retryAt: number }
  | { readonly state: 'ended'; readonly code: string }

export type Person = { readonly userId: UserId; readonly name: string }

/** The state that every tab shows. */
export type EngineState = {
  readonly phase: 'signed-out' | 'ready'
  readonly me?: Person
  readonly link: Link
  readonly chats: readonly ChatRow[]
}

/** A problem for the person, by its stable code. */
export type Failure = { readonly code: string; readonly message: string }

/** The calls of a tab, each with its input and its result. A repeated call changes nothing more. */
export type Calls = {
  signUp: { input: { name: string; password: string; invite?: string }; result: { recoveryKey: string } }
  logIn: { input: { name: string; password: string }; result: true }
  logOut: { input: Record<string, never>; result: true }
  findPeople: { input: { query: string }; result: readonly Person[] }
  openDirect: { input: { userId: UserId }; result: ConversationId }
  createGroup: { input: { id: ConversationId; name: string; users: readonly UserId[] }; result: ConversationId }
  /** Lines before or after a position, or the latest ones, or those around the first unread one. */
  timeline: {
    input: { conversation: ConversationId; limit: number; before?: number; around?: number; to?: number }
    result: Timeline
  }
  send: { input: { conversation: ConversationId; id: MessageId; text: string }; result: true }
  markRead: { input: { conversation: ConversationId; seq: number }; result: true }
  acceptChat: { input: { conversation: ConversationId }; result: true }
  retryNow: { input: Record<string, never>; result: true }
}
export type CallName = keyof Calls

/** A message of a tab. The first one is `hello`; an engine that begins later says so by itself. */
export type ToEngine =
  | { readonly to: 'engine'; readonly kind: 'hello' }
  | {
      readonly to: 'engine'
      readonly kind: 'call'
      readonly id: string
      readonly name: CallName
      readonly input: unknown
    }

/** A message of the engine to all tabs. `term` names the worker that is the engine now. */
export type FromEngine =
  | { readonly to: 'tabs'; readonly kind: 'state'; readonly term: string; readonly state: EngineState }
  | { readonly to: 'tabs'; readonly kind: 'patch'; readonly patch: Partial<EngineState> }
  | { readonly to: 'tabs'; readonly kind: 'changed'; readonly conversations: readonly ConversationId[] }
  | { readonly to: 'tabs'; readonly kind: 'done'; readonly id: string; readonly result: unknown }
  | { readonly to: 'tabs'; readonly kind: 'failed'; readonly id: string; readonly failure: Failure }
  | { readonly to: 'tabs'; readonly kind: 'trouble'; readonly failure: Failure }
  | { readonly to: 'tabs'; readonly kind: 'broken'; readonly failure: Failure }

/** The channel between the tabs and the engine of one origin. */
export const channelName = 'fastchat'
/** The store of this browser. */
export const homeName = 'fastchat'
