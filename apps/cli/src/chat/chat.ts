import type { ClientErrorCode, ConversationStatus, TroubleCode } from '@fastchat/client'
import type {
  ConversationId,
  ConversationKind,
  DeviceId,
  FileRef,
  MessageId,
  Payload,
  Role,
  UserId,
} from '@fastchat/schema'
import type { Page, PageQuery } from './read-page.ts'
import type { TranscriptLine } from './transcript-line.ts'

export type Me = {
  readonly userId: UserId
  readonly username: string
  readonly device: DeviceId
  readonly deviceName: string
}
export type OwnDevice = {
  readonly device: DeviceId
  readonly name: string
  /** ISO 8601. */
  readonly createdAt: string
}
export type Person = { readonly userId: UserId; readonly username: string }
export type Member = Person & {
  readonly role: Role
  readonly hasLeft: boolean
  /** This device has not read anything of theirs since it came in: it is not sure that they are in the same group. */
  readonly isSilent: boolean
}

/** A conversation as a list of chats shows it. */
export type ChatInfo = {
  readonly conversation: ConversationId
  readonly kind: ConversationKind
  /** The other person's, or the group's; the beginning of the id while a group's name is not known. */
  readonly name: string
  readonly status: ConversationStatus
  readonly unread: number
  readonly readSeq: number
  readonly cursor: number
  /** Milliseconds since 1970. */
  readonly lastAt: number
  readonly members: readonly Member[]
  /** Messages of ours that the server has not stored yet. */
  readonly waiting: number
}

/** How this device stands with the server. */
export type Link =
  | { readonly state: 'off' | 'connecting' | 'online' }
  | { readonly state: 'unavailable'; readonly retryAt: number }
  | { readonly state: 'ended'; readonly code: string; readonly message: string }

/** That something is new, not what: whoever wants to know asks. A trouble says all there is. */
export type Hint =
  | { readonly type: 'changed'; readonly conversation?: ConversationId }
  | { readonly type: 'link'; readonly link: Link }
  /** Something is wrong that nobody on this device did. */
  | { readonly type: 'trouble'; readonly code: TroubleCode | ClientErrorCode; readonly message: string }

type In = { readonly conversation: ConversationId }

/**
 * What commands ask of the device. Arguments and answers are JSON, so that it makes no difference whether this process holds
 * the home or another one does. Every verb may be asked twice with the same arguments and happens once: the process that
 * answers may end in between.
 */
export type Chat = {
  whoami(): Promise<Me>
  link(): Promise<Link>
  /**
   * Connects, and resolves when what was missed is here; false when that is still under way after a long time.
   * @throws {CliError} `no_services_available` when there is no pod for `patienceMs`.
   */
  sync(args: { readonly patienceMs: number }): Promise<boolean>
  retryNow(): Promise<void>
  users(args: { readonly query: string }): Promise<readonly Person[]>
  /** @returns null when there is nobody of that name. */
  user(args: { readonly username: string }): Promise<Person | null>
  chats(): Promise<readonly ChatInfo[]>
  /** The digits that members of a group compare; null while this device is not in it. */
  check(args: In): Promise<{ readonly digits: string; readonly epoch: number } | null>
  openDirect(args: { readonly userId: UserId }): Promise<ConversationId>
  /** Queues a message: safe on this device when it resolves. */
  send(args: In & { readonly id: MessageId; readonly payload: Payload }): Promise<void>
  /** Resolves when the server has stored a queued message. */
  stored(args: In & { readonly id: MessageId }): Promise<{ readonly seq: number; readonly at: number }>
  /** The newest lines, oldest first. */
  latest(args: In & { readonly limit: number }): Promise<readonly TranscriptLine[]>
  /** A part of the lines: see `readPage`. */
  page(args: In & PageQuery): Promise<Page<TranscriptLine>>
  /** Lines after a position, oldest first: at most some hundred. */
  after(args: In & { readonly seq: number }): Promise<readonly TranscriptLine[]>
  markRead(args: In & { readonly seq: number }): Promise<void>
  createGroup(args: In & { readonly name: string; readonly userIds: readonly UserId[] }): Promise<void>
  addMembers(args: In & { readonly userIds: readonly UserId[] }): Promise<void>
  removeMembers(args: In & { readonly userIds: readonly UserId[] }): Promise<void>
  setRole(args: In & { readonly userId: UserId; readonly role: Role }): Promise<void>
  leave(args: In & { readonly id: MessageId }): Promise<void>
  /** `bytes` in base64. */
  upload(args: { readonly name: string; readonly mime: string; readonly bytes: string }): Promise<FileRef>
  /** The file that a message carries; `bytes` in base64. */
  download(args: { readonly id: MessageId }): Promise<{ readonly name: string; readonly bytes: string }>
  devices(): Promise<readonly OwnDevice[]>
  /** Ends a device of this account for ever. */
  revokeDevice(args: { readonly device: DeviceId; readonly password: string }): Promise<void>
  signOut(): Promise<void>
}

export type Verb = keyof Chat

const isVerb: Readonly<Record<Verb, true>> = {
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
  createGroup: true,
  addMembers: true,
  removeMembers: true,
  setRole: true,
  leave: true,
  upload: true,
  download: true,
  devices: true,
  revokeDevice: true,
  signOut: true,
}
// The keys are those that the type demands.
export const verbs = Object.keys(isVerb) as readonly Verb[]

/** A chat whose every verb goes through `ask`. */
export function chatThrough(ask: (verb: Verb, args: unknown) => Promise<unknown>): Chat {
  // Each verb hands on its own arguments and answer, so the types on both sides are those of `Chat`.
  return Object.fromEntries(verbs.map((verb) => [verb, (args?: unknown) => ask(verb, args)])) as unknown as Chat
}
