import type { BackupStatus } from '@fastchat/client'
import type { ConversationId, DeviceId, UserId } from '@fastchat/schema'
import type { TellableNews } from '../devices/news.ts'
import { type AccountVerbs, isAccountVerb } from './account-verbs.ts'
import type { ChatInfo, Me, OwnDevice } from './chat-info.ts'
import { type GroupVerbs, isGroupVerb } from './group-verbs.ts'
import type { Link } from './hint.ts'
import { isMessageVerb, type MessageVerbs } from './message-verbs.ts'
import { isOwnVerb, type OwnVerbs } from './own-verbs.ts'
import { isPeopleVerb, type PeopleVerbs } from './people-verbs.ts'
import type { Person } from './person.ts'
import { isPictureVerb, type PictureVerbs } from './picture-verbs.ts'
import type { Page, PageQuery } from './read-page.ts'
import { isSendingVerb, type SendingVerbs } from './sending-verbs.ts'
import { isSignalVerb, type SignalVerbs } from './signal-verbs.ts'
import type { TranscriptLine } from './transcript-line.ts'

export type { ChatInfo, Me, OwnDevice, Picture, SavedFile } from './chat-info.ts'
export type { Hint, Link } from './hint.ts'
export type { Person } from './person.ts'

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
  SignalVerbs &
  SendingVerbs &
  PictureVerbs &
  GroupVerbs & {
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
    /** Returns the newest lines, oldest first. */
    latest(args: In & { readonly limit: number }): Promise<readonly TranscriptLine[]>
    /** Returns a part of the lines, as `readPage` does. */
    page(args: In & PageQuery): Promise<Page<TranscriptLine>>
    /** Returns the lines after a position, oldest first. One answer has at most a few hundred. */
    after(args: In & { readonly seq: number }): Promise<readonly TranscriptLine[]>
    markRead(args: In & { readonly seq: number }): Promise<void>
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
  ...isMessageVerb,
  ...isOwnVerb,
  ...isPeopleVerb,
  ...isSignalVerb,
  ...isSendingVerb,
  ...isPictureVerb,
  ...isGroupVerb,
  whoami: true,
  link: true,
  sync: true,
  retryNow: true,
  users: true,
  user: true,
  chats: true,
  check: true,
  openDirect: true,
  latest: true,
  page: true,
  after: true,
  markRead: true,
  backup: true,
  devices: true,
  renameDevice: true,
  news: true,
  devicesLooked: true,
  revokeDevice: true,
  signOut: true,
}
// The type of `isVerb` demands exactly these keys.
export const verbs = Object.keys(isVerb) as readonly Verb[]

/** Returns a chat whose verbs all call `ask`. */
export function chatThrough(ask: (verb: Verb, args: unknown) => Promise<unknown>): Chat {
  // `ask` passes on each verb's arguments and answer, so both have the types of `Chat`.
  return Object.fromEntries(verbs.map((verb) => [verb, (args?: unknown) => ask(verb, args)])) as unknown as Chat
}
