import type { ConversationId, ConversationKind, DeviceId, Epoch, Policies, Role, UserId } from '@fastchat/schema'
import type { ChainRecord } from '../chain/chain-types.ts'
import type { TroubleEvent } from './system-event.ts'

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
  /** Messages of others behind `readSeq`. None count while the chat waits as a request. */
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
  /** The position up to which the history was removed from this device. */
  readonly forgottenTo?: number
  /** The member who signed the commit that let this account in. */
  readonly inviter?: UserId
  /** The number of the own card that this chat has. Absent after somebody was added. */
  readonly cardSent?: number
  /** Alarms that were raised between two entries. They become lines with the next one. */
  readonly owed?: readonly TroubleEvent[]
}

/** A member's vote whose signature was checked; `sig` is base64url. */
export type StoredVote = { readonly userId: UserId; readonly deviceId: DeviceId; readonly sig: string }
