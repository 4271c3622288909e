import type {
  ConversationId,
  ConversationKind,
  DeviceId,
  EntryKind,
  ErrorCode,
  FrameError,
  MessageId,
  UserId,
} from '@fastchat/schema'

import type { Range } from './intervals.ts'

// These ports join the parts of a chat pod. The store knows no sockets, and the sockets know no
// SQL.

declare const brand: unique symbol
type Key<Name extends string> = number & { readonly [brand]: Name }
// Keys of rows in the database. They never leave the server.
export type ConversationKey = Key<'ConversationKey'>
export type DeviceKey = Key<'DeviceKey'>
export type UserKey = Key<'UserKey'>

/** The device that a valid access token names, as the registry knows it. */
export type Session = {
  readonly userId: UserId
  readonly user: UserKey
  readonly deviceId: DeviceId
  readonly device: DeviceKey
}

/**
 * The change that one entry makes to the devices that receive later entries. Pods apply it in the
 * log's order.
 */
export type LeafDelta = {
  /** These devices receive this entry and later ones. */
  readonly added: readonly DeviceKey[]
  /** These devices receive this entry as their last one. */
  readonly removed: readonly DeviceKey[]
  /** These members may now have a device without a leaf. The pod tells such a device to join. */
  readonly invited: readonly UserKey[]
  readonly kind: ConversationKind
  readonly groupNo: number
}

/**
 * An entry of the log, ready to deliver. `frame` is the final text of its `message` frame in UTF-8.
 */
export type Delivery = {
  readonly conversation: ConversationId
  readonly key: ConversationKey
  readonly seq: number
  readonly kind: EntryKind
  readonly frame: Buffer
  readonly delta?: LeafDelta
}

export type SendRequest = {
  readonly session: Session
  readonly conversation: ConversationId
  readonly id: MessageId
  readonly groupNo: number
  readonly epoch: number
  readonly envelope: Buffer
  readonly attachments: readonly string[]
  /** The sender calls it a message that members may send where only admins write. */
  readonly asReader?: boolean
}

/**
 * The result of one send. The hold rule applies: one device's sends to one conversation are stored
 * in the order sent. After any refusal the socket holds that conversation and refuses further sends
 * with `out_of_line`, until a send says `first: true`. The client sets `first` when it starts again
 * from its oldest unanswered send. By TCP's order, every send written before the client saw the
 * refusal arrives before that one. The writer refuses what it had queued behind a refused send. A
 * new connection starts with no conversation held. An outcome `busy` may concern a send that was
 * stored, if the connection to the database broke before the answer. A retry is then a duplicate.
 */
export type SendOutcome =
  | { readonly ok: true; readonly seq: number; readonly at: number; readonly duplicate: boolean }
  | {
      readonly ok: false
      readonly code: FrameError<'send'>
      readonly retryMs?: number
      readonly details?: Record<string, unknown>
    }

/** The result of a send as the metrics count it. */
export type SendResult = 'stored' | 'duplicate' | ErrorCode

/** Stores sends in batches. */
export type Writer = {
  /** Resolves once the send is refused, or committed and announced. An ack means the commit. */
  submit(send: SendRequest): Promise<SendOutcome>
  /** Resolves when each send submitted so far has its outcome. */
  idle(): Promise<void>
  /** Returns the number of sends that wait for a batch. */
  queuedSends(): number
}

/** The entries of one conversation that a device may receive, and its cursor there. */
export type Position = {
  readonly conversation: ConversationId
  readonly key: ConversationKey
  readonly kind: ConversationKind
  readonly groupNo: number
  /** The first entry that the device may receive with its current leaf, or with its last one. */
  readonly fromSeq: number
  /** The last entry that the device may receive. Undefined while its leaf is in the group. */
  readonly toSeq: number | undefined
  readonly lastSeq: number
  readonly floorSeq: number
  /** Positions that a restore of the database skipped, sorted. They stay empty. */
  readonly gaps: readonly Range[]
  /** The last position that the device acked. */
  readonly cursor: number
}

/**
 * A conversation of the user where the device has no leaf, or whose welcome it has not opened yet.
 */
export type Invitation = {
  readonly conversation: ConversationId
  readonly key: ConversationKey
  readonly kind: ConversationKind
  readonly groupNo: number
  readonly seq: number
  readonly join: 'welcome' | 'external'
}

/** The positions of a device in all its user's conversations, read at one moment. */
export type Memberships = {
  /** Current leaves, and ended leaves whose entries the device has not all acked. */
  readonly positions: readonly Position[]
  readonly invitations: readonly Invitation[]
}

export type Sweep = {
  /** Pass the mark to the next sweep. */
  readonly mark: string
  readonly heads: readonly { readonly key: ConversationKey; readonly head: number }[]
  /** Users whose membership changed in some conversation. */
  readonly users: readonly UserKey[]
}

/** The log of entries as the sockets read it, always from the primary. */
export type EntryLog = {
  /**
   * Reads entries after `after`, oldest first: at most `maxEntries`, about `maxBytes`. Commits have
   * deltas.
   */
  page(key: ConversationKey, after: number, maxEntries: number, maxBytes: number): Promise<readonly Delivery[]>
  memberships(session: Session): Promise<Memberships>
  /**
   * Reads heads and membership changes committed since `mark`, or recent ones without a mark. Late
   * commits are included.
   */
  sweep(mark: string | undefined): Promise<Sweep>
  /**
   * Saves the devices' cursors. A cursor only grows, and never passes the last entry that the
   * device may receive.
   */
  saveCursors(
    cursors: readonly { readonly device: DeviceKey; readonly key: ConversationKey; readonly seq: number }[],
  ): Promise<void>
  dbEpoch(): Promise<string>
}

/**
 * Hands a committed entry to this pod's sockets and to the other pods. Never throws, never waits.
 */
export type Announce = (delivery: Delivery) => void
