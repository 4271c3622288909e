import type {
  BackupStatus,
  ClientErrorCode,
  ConversationStatus,
  ElectionState,
  FailedRecord,
  OutgoingFileInfo,
  PictureFields,
  Transfer,
  TroubleCode,
  WantedPolicies,
} from '@fastchat/client'
import type { ConversationId, ConversationKind, DeviceId, MessageId, Payload, Role, UserId } from '@fastchat/schema'
import type { TellableNews } from '../devices/news.ts'
import { type AccountVerbs, isAccountVerb } from './account-verbs.ts'
import type { GroupAct } from './group-act.ts'
import { isMessageVerb, type MessageVerbs } from './message-verbs.ts'
import type { OwnVerbs, SearchHint } from './own-verbs.ts'
import { isPeopleVerb, type PeopleVerbs } from './people-verbs.ts'
import type { Person } from './person.ts'
import type { Page, PageQuery } from './read-page.ts'
import { isSignalVerb, type SignalHint, type SignalVerbs } from './signal-verbs.ts'
import type { TranscriptLine } from './transcript-line.ts'

export type { Person } from './person.ts'

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
  readonly isPinned: boolean
  /** The text that was typed and not sent. */
  readonly draft?: string
  /** Whether it waits until this person accepts it. Its messages do not count as unread then. */
  readonly isRequest?: boolean
  /** Whether it is the direct chat with a blocked person. */
  readonly isBlocked?: boolean
}

/** The state of the connection between this device and the server. */
export type Link =
  | { readonly state: 'off' | 'connecting' | 'online' }
  | { readonly state: 'unavailable'; readonly retryAt: number }
  | { readonly state: 'ended'; readonly code: string; readonly message: string }

/**
 * A hint that something has changed. It does not say what: a listener asks the device for that.
 * Only a trouble, news and progress are complete.
 */
export type Hint =
  | { readonly type: 'changed'; readonly conversation?: ConversationId }
  | { readonly type: 'link'; readonly link: Link }
  /** Something is wrong, and no command of this device is the cause. */
  | { readonly type: 'trouble'; readonly code: TroubleCode | ClientErrorCode; readonly message: string }
  /** Something happened to this account that was not shown here yet. */
  | TellableNews
  /** A deletion of the account has left this many of its groups. */
  | { readonly type: 'leaving'; readonly left: number; readonly groups: number }
  /** A file has got further. */
  | { readonly type: 'transfer'; readonly transfer: Transfer }
  | SearchHint
  | SignalHint

export type BackupAction = 'status' | 'on' | 'off' | 'now'

type In = { readonly conversation: ConversationId }

/**
 * The verbs of a device. Arguments and answers are JSON, so this process or another one may hold
 * the home. The process that answers may end before its answer arrives. Therefore every verb may be
 * asked twice with the same arguments, and happens once.
 */
export type Chat = AccountVerbs &
  MessageVerbs &
  OwnVerbs &
  PeopleVerbs &
  SignalVerbs & {
    whoami(): Promise<Me>
    link(): Promise<Link>
    /**
     * Connects, and resolves true when the device has caught up. Resolves false when it is still
     * catching up and nothing has come for a while.
     * @throws {CliError} `no_services_available` when there is no pod for `patienceMs`.
     */
    sync(args: { readonly patienceMs: number }): Promise<boolean>
    retryNow(): Promise<void>
    users(args: { readonly query: string }): Promise<readonly Person[]>
    /** Returns the user with that name, or null if there is none. */
    user(args: { readonly username: string }): Promise<Person | null>
    chats(): Promise<readonly ChatInfo[]>
    /** Returns the digits that members of a group compare. Null: the device is not in the group. */
    check(args: In): Promise<{ readonly digits: string; readonly epoch: number } | null>
    openDirect(args: { readonly userId: UserId }): Promise<ConversationId>
    /** Queues a message. Resolves when this device has stored it. */
    send(args: In & { readonly id: MessageId; readonly payload: Payload }): Promise<void>
    /** Resolves when the server has stored a queued message. */
    stored(args: In & { readonly id: MessageId }): Promise<{ readonly seq: number; readonly at: number }>
    /** Returns the newest lines, oldest first. */
    latest(args: In & { readonly limit: number }): Promise<readonly TranscriptLine[]>
    /** Returns a part of the lines, as `readPage` does. */
    page(args: In & PageQuery): Promise<Page<TranscriptLine>>
    /** Returns the lines after a position, oldest first. One answer has at most a few hundred. */
    after(args: In & { readonly seq: number }): Promise<readonly TranscriptLine[]>
    markRead(args: In & { readonly seq: number }): Promise<void>
    createGroup(args: In & { readonly name: string; readonly userIds: readonly UserId[] }): Promise<void>
    addMembers(args: In & { readonly userIds: readonly UserId[] }): Promise<void>
    removeMembers(args: In & { readonly userIds: readonly UserId[] }): Promise<void>
    setRole(args: In & { readonly userId: UserId; readonly role: Role }): Promise<void>
    /**
     * Votes to replace the admins. Resolves once the vote is read, and the election made if it is
     * due.
     */
    vote(args: In & { readonly id: MessageId }): Promise<ElectionState>
    leave(args: In & { readonly id: MessageId }): Promise<void>
    /** Makes a change of a group. Returns the number of messages that were shared. */
    group(args: In & GroupAct): Promise<number>
    /** Returns the picture of a group in base64. Null: it has none. */
    picture(args: In): Promise<string | null>
    /**
     * Sends the file at an absolute path. Resolves when this device has stored it, encrypted. It
     * goes out then as a queued message does.
     */
    sendFile(args: In & { readonly id: MessageId; readonly path: string; readonly caption?: string }): Promise<void>
    /** Sends a picture as `sendFile` does. `bytes` is in base64. */
    sendPicture(args: In & { readonly id: MessageId } & Picture): Promise<void>
    /** Cancels a file that is on its way out. Returns whether there was one. */
    cancelFile(args: { readonly id: MessageId }): Promise<boolean>
    /** Returns the files that wait to be sent, the oldest first. */
    waitingFiles(): Promise<readonly WaitingFile[]>
    /** Saves the file of a message into a folder, under a name that is not taken. */
    saveFile(args: { readonly id: MessageId; readonly folder: string }): Promise<SavedFile>
    /** Returns the messages that could not be sent, the oldest first. */
    failed(): Promise<readonly FailedRecord[]>
    /** Queues a failed message again, as a new one. Returns its id. */
    retryFailed(args: { readonly id: MessageId }): Promise<MessageId>
    discardFailed(args: { readonly id: MessageId }): Promise<void>
    /** Returns the state of the backup, and before that switches it, or brings it up to date. */
    backup(args: { readonly action: BackupAction }): Promise<BackupStatus>
    devices(): Promise<readonly OwnDevice[]>
    renameDevice(args: { readonly device: DeviceId; readonly name: string }): Promise<void>
    /** Returns the news of this account at which nobody has looked on this device. */
    news(): Promise<readonly TellableNews[]>
    /** Notes that a person has looked at new devices, and at all other news of the account. */
    devicesLooked(args: { readonly devices: readonly DeviceId[] }): Promise<void>
    /** Revokes a device of this account. It can't come back. */
    revokeDevice(args: { readonly device: DeviceId; readonly password: string }): Promise<void>
    signOut(): Promise<void>
  }

export type Verb = keyof Chat

const isVerb: Readonly<Record<Verb, true>> = {
  ...isAccountVerb,
  whoami: true,
  link: true,
  sync: true,
  retryNow: true,
  users: true,
  user: true,
  chats: true,
  check: true,
  openDirect: true,
  send: true,
  stored: true,
  latest: true,
  page: true,
  after: true,
  markRead: true,
  markChat: true,
  search: true,
  cancelSearch: true,
  createGroup: true,
  addMembers: true,
  removeMembers: true,
  setRole: true,
  vote: true,
  leave: true,
  group: true,
  picture: true,
  backup: true,
  sendFile: true,
  sendPicture: true,
  cancelFile: true,
  waitingFiles: true,
  saveFile: true,
  failed: true,
  retryFailed: true,
  discardFailed: true,
  devices: true,
  renameDevice: true,
  news: true,
  devicesLooked: true,
  revokeDevice: true,
  signOut: true,
  ...isMessageVerb,
  ...isPeopleVerb,
  ...isSignalVerb,
}
// The type of `isVerb` demands exactly these keys.
export const verbs = Object.keys(isVerb) as readonly Verb[]

/** Returns a chat whose verbs all call `ask`. */
export function chatThrough(ask: (verb: Verb, args: unknown) => Promise<unknown>): Chat {
  // `ask` passes on each verb's arguments and answer, so both have the types of `Chat`.
  return Object.fromEntries(verbs.map((verb) => [verb, (args?: unknown) => ask(verb, args)])) as unknown as Chat
}
