import type {
  ConversationId,
  ConversationKind,
  DeviceId,
  Epoch,
  Kdf,
  MessageId,
  Payload,
  Policies,
  Role,
  SharedMessage,
  UserId,
} from '@fastchat/schema'
import type { ChainRecord } from '../chain/chain-types.ts'
import type { TroubleFacts } from '../trouble-words.ts'
import type { Store, Table, Write } from './store.ts'

/** The owner of this store. Keys are base64url. */
export type Identity = {
  readonly userId: UserId
  readonly username: string
  readonly deviceId: DeviceId
  readonly deviceName: string
  /** This device says that it is a terminal, browser, bot, or another word. */
  readonly deviceKind?: string
  readonly accountKey: string
  readonly credentialSig: string
  readonly signaturePrivate: string
  readonly signaturePublic: string
  readonly kdf?: Kdf
  /**
   * The key that seals the account state. Absent on a device that logged in before accounts had
   * one.
   */
  readonly stateKey?: string
}

/** The session of this device. Absent after logout. */
export type SessionRecord = { readonly refreshToken: string }

/** The knowledge of a user, from look-ups in the directory. */
export type Pin = {
  /**
   * The key that the directory showed at the first look-up. Absent for an account that was deleted
   * before.
   */
  readonly accountKey?: string
  /** The name that the account key has signed. */
  readonly username?: string
  /** The name that the directory gives a user who has not signed one. */
  readonly claimed?: string
  readonly deleted?: true
  /** The later claims of the directory that were reported in the chats with this user. */
  readonly told?: readonly string[]
  /** Another key that the directory or another own device shows for this user since then. */
  readonly rival?: string
  /** Other keys that this person has compared and refused. They stop nothing any more. */
  readonly refused?: readonly string[]
}

export type KeyPackageRecord = {
  readonly privateBytes: string
  readonly lastResort: boolean
  readonly createdAt: number
  /**
   * The time at which a last-resort package was used or replaced. It is kept for a while, for
   * welcomes on their way.
   */
  readonly retiredAt?: number
}

/**
 * The status of a conversation on this device:
 *
 * - `new`: this device reserved it, and its group is not created yet
 * - `joining`: this device belongs to it and has no state yet
 * - `active`: this device reads and writes
 * - `broken`: a commit broke the rules or could not be followed; the next group is awaited
 * - `left`, `removed`: history only
 */
export type ConversationStatus = 'new' | 'joining' | 'active' | 'broken' | 'left' | 'removed'

/** The stored facts about a conversation on this device. */
export type ConversationRecord = {
  readonly conversation: ConversationId
  readonly kind: ConversationKind
  readonly status: ConversationStatus
  readonly groupNo: number
  /** The position of the last stored entry. */
  readonly cursor: number
  /** The last position before this device's leaf. It has no keys for the log up to here. */
  readonly joinedSeq: number
  readonly readSeq: number
  /** Messages of others behind `readSeq`. */
  readonly unread: number
  /** The position of the first of them. */
  readonly firstUnread?: number
  /** The position of the last message, of anybody. */
  readonly lastMessageSeq?: number
  /** `unread` is exact. Absent in records of former versions, which are counted once. */
  readonly isCounted?: true
  readonly lastAt: number
  readonly name?: string
  readonly topic?: string
  readonly peer?: UserId
  readonly members: readonly { readonly userId: UserId; readonly role: Role }[]
  /** The rules of the roster that differ from the usual ones. */
  readonly policies?: Policies
  /** Users who may not be added. */
  readonly banned?: readonly UserId[]
  /** SHA-256 of the group's picture, base64url. The picture itself is stored apart. */
  readonly picture?: string
  /** Members whose leave has been read and whose leaves are still in the group. */
  readonly departed: readonly UserId[]
  /** Devices whose revocation has been read and whose leaves are still in the group. */
  readonly revoked?: readonly DeviceId[]
  /** Revoked devices of this group without a leaf. They may not return. */
  readonly revokedOut?: readonly DeviceId[]
  /**
   * Votes to replace the admins, about the present roster. A change of the roster ends them.
   *
   * @internal
   */
  readonly votes?: readonly StoredVote[]
  /** The position at which the name was last announced. */
  readonly profileSeq: number
  /**
   * The reason for `broken`. With `unlawful` a commit broke the rules, with `restored` the server's
   * database was restored, with `upgrade` the group is of the former rules: the next group is due.
   * With `unreadable` or `gap` only this device cannot follow, and it tries to join again.
   */
  readonly brokenBy?: 'unlawful' | 'restored' | 'unreadable' | 'gap' | 'upgrade'
  /** The position from which handshakes were not followed. */
  readonly brokenAt?: number
  /**
   * The last state of a group that this device was in and held lawful; `members` is its roster.
   * `isOver` means that this device read its own removal. `isKept` means that only the server says
   * that this device has lost its place; the public group of that state is kept for comparison.
   */
  readonly lawful?: { readonly groupNo: number; readonly epoch: number; readonly isOver?: true; readonly isKept?: true }
  /**
   * The ratchet of this epoch may have been used further than this device knows. Nothing more is
   * encrypted with it.
   */
  readonly runBack?: { readonly groupNo: number; readonly epoch: number }
  /**
   * The state that this device's join from outside ended. Statements about it are not in this
   * device's part of the log.
   */
  readonly enteredFrom?: { readonly epoch: Epoch; readonly transcript: string }
  /**
   * The members from whom this device has read no message or change since it joined this group. So
   * it is not sure that they are in the same group. Absent in records of former versions, where no
   * member counts as silent.
   */
  readonly silent?: readonly UserId[]
  /** The server's database was restored: the log may show entries again, at another position. */
  readonly isRestored?: true
  /**
   * The chain over the log of this epoch. Absent outside a group, and until the first commit that
   * is read.
   *
   * @internal
   */
  readonly chain?: ChainRecord
  /**
   * A stranger began this chat or added this account, and this person has not accepted it. See
   * `Strangers.isRequest`.
   */
  readonly request?: true
  /** The member who signed the commit that let this account in. */
  readonly inviter?: UserId
  /** The number of the own card that this chat has. Absent after somebody was added. */
  readonly cardSent?: number
  /** Alarms that were raised between two entries. They become lines with the next one. */
  readonly owed?: readonly TroubleEvent[]
}

/** A member's vote whose signature was checked; `sig` is base64url. */
export type StoredVote = { readonly userId: UserId; readonly deviceId: DeviceId; readonly sig: string }

/** One line of a conversation's history. */
export type Entry = {
  /**
   * A `mark` has no line: it changed another message, or its message is gone from this
   * device. `History` leaves marks out.
   */
  readonly type: 'message' | 'system' | 'gap' | 'unreadable' | 'mark'
  readonly conversation: ConversationId
  readonly seq: number
  readonly at: number
  readonly id?: MessageId
  readonly from?: UserId
  readonly device?: DeviceId
  readonly payload?: Payload | { readonly kind: 'unknown' }
  readonly event?: SystemEvent
  /**
   * The last position of a gap that the server has named. Absent for an entry that this device
   * could not read after a gap.
   */
  readonly to?: number
  /**
   * The time of this device's clock from which a message is erased. Backups, exports and searches
   * leave it out.
   */
  readonly expiresAt?: number
  /** The way in which a mark changes another message. */
  readonly change?: { readonly kind: 'edit' | 'delete' | 'reaction' | 'pin'; readonly target: MessageId }
  /** Later words about a message. Only `History` adds them: they are not stored here. */
  readonly annotations?: Annotations
  /** The line came from the backup: this device has not read it in the log. */
  readonly isRestored?: true
}

/**
 * An entry as it is stored. The first line of a log entry in the chain carries the chain's value
 * after it, base64url.
 */
export type StoredEntry = Entry & { readonly c?: string }

/** Later words about a message. `History` has put its latest text into the payload. */
export type Annotations = {
  /** The time of the last edit, and the number of edits that are kept. */
  readonly edited?: { readonly at: number; readonly times: number }
  readonly deleted?: { readonly at: number; readonly by: UserId }
  readonly reactions?: readonly { readonly emoji: string; readonly users: readonly UserId[] }[]
  readonly isPinned?: true
  /** The message that this one answers, from this device's own history. */
  readonly quote?: Quote
}

/** The beginning of a message that another one answers. */
export type Quote = {
  readonly id: MessageId
  /** `missing` stands for a message that is deleted, or not on this device. */
  readonly kind: 'text' | 'file' | 'unknown' | 'missing'
  readonly seq?: number
  readonly from?: UserId
  readonly text?: string
}

/** The effect of a commit or leave, for people. */
export type SystemEvent =
  | { readonly kind: 'created' }
  /** A user has joined without an invitation, or added a further device. */
  | { readonly kind: 'joined' }
  /** A commit that `from` has signed added this device. */
  | { readonly kind: 'invited' }
  | { readonly kind: 'added' | 'removed' | 'promoted' | 'demoted'; readonly users: readonly UserId[] }
  /** The group has another owner. */
  | { readonly kind: 'owner'; readonly users: readonly UserId[] }
  /** Users may not be added again, or may be added again. */
  | { readonly kind: 'banned' | 'unbanned'; readonly users: readonly UserId[] }
  /** An admin has changed who may add people, or who may write. */
  | { readonly kind: 'policies'; readonly policies: WantedPolicies }
  /** The group has another topic, or none. */
  | { readonly kind: 'topic'; readonly topic: string }
  /** The group has another picture, or none. */
  | { readonly kind: 'picture'; readonly isRemoved?: true }
  /**
   * A member has shared past messages with new members. On the devices of those, `messages` has
   * them as that member tells them; their authors have signed nothing here.
   */
  | {
      readonly kind: 'shared'
      readonly users: readonly UserId[]
      readonly count: number
      readonly part: number
      readonly messages?: readonly SharedMessage[]
    }
  /** A member votes to replace the admins, whose accounts are deleted. */
  | { readonly kind: 'voted'; readonly votes: number; readonly needed: number }
  /** The members elected an admin. The former admins are removed. */
  | { readonly kind: 'elected'; readonly users: readonly UserId[]; readonly removed: readonly UserId[] }
  | { readonly kind: 'left'; readonly users: readonly UserId[] }
  /** The account has revoked the device of this entry. */
  | { readonly kind: 'revoked'; readonly users: readonly UserId[] }
  /** A group has its first name, or another name than this device knew. */
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'pinned' | 'unpinned'; readonly target: MessageId }
  /** New messages disappear after some seconds; 0: they stay. */
  | { readonly kind: 'timer'; readonly seconds: number }
  | { readonly kind: 'device' }
  | { readonly kind: 'restarted' }
  /**
   * The server was restored from a copy that may lack messages. With `lost` it does not know this
   * conversation.
   */
  | { readonly kind: 'restored'; readonly lost?: true }
  | { readonly kind: 'broken'; readonly reason: string }
  /** Nobody has stored the positions from here to `to` in the backup. */
  | { readonly kind: 'not_in_backup'; readonly to: number }
  | TroubleEvent

/** A problem that no one on this device has caused. */
export type TroubleEvent = { readonly kind: 'trouble' } & TroubleFacts

/**
 * A message that waits in the outbox. Its `envelope` and epoch stay as set until the server says
 * that the epoch is over.
 */
export type OutboxRecord = {
  readonly id: MessageId
  readonly conversation: ConversationId
  /** The position in the conversation's order of sends. */
  readonly order: number
  readonly payload: Payload
  readonly attachments: readonly string[]
  readonly queuedAt: number
  readonly encrypted?: { readonly groupNo: number; readonly epoch: number; readonly envelope: string }
  /**
   * The server said that the epoch of these bytes is over. Only then they may be encrypted again.
   */
  readonly isStale?: boolean
  /** Set by the ack. The record is removed when the entry is read from the log. */
  readonly stored?: { readonly seq: number; readonly at: number }
  /**
   * The history has this message already. It is sent again without notice, in case a restored
   * server has forgotten it.
   */
  readonly isRepeated?: true
}

/** The policies of a group, each with the usual rule as a word. An absent one stays as it is. */
export type WantedPolicies = {
  readonly add?: 'admins' | 'everybody'
  readonly write?: 'everybody' | 'admins'
}

export type MembershipChange =
  | { readonly kind: 'create'; readonly userIds: readonly UserId[]; readonly name?: string }
  | { readonly kind: 'add'; readonly userIds: readonly UserId[] }
  | { readonly kind: 'remove'; readonly userIds: readonly UserId[]; readonly ban?: true }
  | { readonly kind: 'unban'; readonly userIds: readonly UserId[] }
  | { readonly kind: 'policies'; readonly policies: WantedPolicies }
  | { readonly kind: 'role'; readonly userId: UserId; readonly role: Role }
  | { readonly kind: 'prune' }
  /** The election that the votes of the record decide. */
  | { readonly kind: 'elect' }
  /** A commit with new keys and a new group info, if the group is still at this epoch. */
  | { readonly kind: 'update'; readonly groupNo: number; readonly epoch: number }
  | { readonly kind: 'join' }
  | { readonly kind: 'restart' }

/**
 * A wanted change of a group. `attempt` is the commit that has been or will be sent for it. It is
 * stored before its bytes leave.
 */
export type IntentRecord = {
  readonly change: MembershipChange
  readonly keyPackages: readonly { readonly userId: UserId; readonly keyPackage: string }[]
  readonly claimed: readonly UserId[]
  readonly attempt?: {
    readonly id: MessageId
    readonly groupNo: number
    readonly epoch: number
    readonly commit: string
    readonly welcome?: string
    readonly groupInfo: string
    readonly initialGroupInfo?: string
    readonly pending: string
    /** The members who had left before this device joined from outside, by statements. */
    readonly departed?: readonly UserId[]
    /** The revoked devices that had a leaf when this device joined from outside. */
    readonly revoked?: readonly DeviceId[]
    readonly enteredFrom?: NonNullable<ConversationRecord['enteredFrom']>
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Collects writes for one batch. Values are JSON. */
export class Batch {
  readonly writes: Write[] = []

  put(table: Table, key: string, record: unknown): this {
    this.writes.push({ table, key, value: encoder.encode(JSON.stringify(record)) })
    return this
  }

  putBytes(table: Table, key: string, value: Uint8Array): this {
    this.writes.push({ table, key, value })
    return this
  }

  remove(table: Table, key: string): this {
    this.writes.push({ table, key, value: undefined })
    return this
  }
}

/** Reads a record. The cast holds because only this module's types are written under `table`. */
export async function getRecord<T>(store: Pick<Store, 'get'>, table: Table, key: string): Promise<T | undefined> {
  const value = await store.get(table, key)
  return value && (JSON.parse(decoder.decode(value)) as T)
}

export const parseRecord = <T>(value: Uint8Array): T => JSON.parse(decoder.decode(value)) as T

/** Returns the key of the entry at `seq`. Keys sort like the numbers. */
export const entryKey = (conversation: ConversationId, seq: number): string =>
  `${conversation}/${String(seq).padStart(16, '0')}`

/** Returns the key of a line. `n` counts the lines of one log entry from 0. */
export const lineKey = (conversation: ConversationId, seq: number, n: number): string =>
  `${entryKey(conversation, seq)}/${n}`
