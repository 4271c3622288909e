import type { ConversationId, MessageId, Role, UserId } from '@fastchat/schema'

/** The state of a message of one's own, for its mark. */
export type SendState = 'queued' | 'stored' | 'delivered' | 'read' | 'failed'

/** The message that another one answers, as this device has it. */
export type QuotedLine = {
  readonly id: MessageId
  readonly kind: 'text' | 'file' | 'unknown' | 'missing'
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

/** A file that a person sends. A picture says its size, and has a preview. */
export type FileToSend = {
  readonly blob: Blob
  readonly name: string
  readonly picture?: { readonly width: number; readonly height: number; readonly thumbnail?: Uint8Array }
}

/** How far a file on its way out has got, from 0 to 1. */
export type Sending = { readonly id: MessageId; readonly part: number }

export type Reaction = { readonly emoji: string; readonly names: readonly string[]; readonly isMine: boolean }

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

export type Member = Person & { readonly role: Role; readonly isMe: boolean }

/** The members of a group, and what this person may do there. */
export type GroupInfo = {
  readonly members: readonly Member[]
  readonly isMember: boolean
  readonly isAdmin: boolean
  readonly isOwner: boolean
  readonly mayAdd: boolean
  readonly topic?: string
  /** The name of the member who takes over when this person leaves. Absent when none has to. */
  readonly heir?: string
}

export type GroupChange =
  | { readonly kind: 'add'; readonly users: readonly UserId[] }
  | { readonly kind: 'remove' | 'promote' | 'demote' | 'transfer'; readonly userId: UserId }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'leave' }

/** The state that every tab shows. */
export type EngineState = {
  readonly phase: 'signed-out' | 'ready'
  readonly me?: Person
  readonly link: Link
  readonly chats: readonly ChatRow[]
  /** The largest file that can be sent, in bytes. */
  readonly maxFileBytes?: number
  readonly sending?: readonly Sending[]
  /** The names of those who are typing now. */
  readonly typing?: Readonly<Record<ConversationId, readonly string[]>>
}

/** A message that a search has found. */
export type FoundLine = {
  readonly conversation: ConversationId
  readonly title?: string
  readonly line: Line
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
  send: { input: { conversation: ConversationId; id: MessageId; text: string; replyTo?: MessageId }; result: true }
  sendFile: {
    input: { conversation: ConversationId; id: MessageId; file: FileToSend; caption?: string }
    result: true
  }
  cancelFile: { input: { id: MessageId }; result: boolean }
  /** Fetches the file of a message and decrypts it. */
  fetchFile: { input: { id: MessageId }; result: Blob }
  retryFailed: { input: { id: MessageId }; result: true }
  discardFailed: { input: { id: MessageId }; result: true }
  edit: { input: { target: MessageId; text: string; id: MessageId }; result: true }
  remove: { input: { target: MessageId; isForAll: boolean; id: MessageId }; result: true }
  react: { input: { target: MessageId; emoji: string; isRemoved: boolean; id: MessageId }; result: true }
  /** This person is typing, or has stopped. */
  typing: { input: { conversation: ConversationId; isOver: boolean }; result: true }
  /** Searches the history of this device, the newest messages first. */
  search: { input: { words: string; conversation?: ConversationId }; result: readonly FoundLine[] }
  groupInfo: { input: { conversation: ConversationId }; result: GroupInfo }
  changeGroup: { input: { conversation: ConversationId; change: GroupChange }; result: GroupInfo }
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
