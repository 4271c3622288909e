/** What the parts of a chat pod ask of each other. The store knows no socket, the sockets know no SQL. */
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

declare const brand: unique symbol
type Key<Name extends string> = number & { readonly [brand]: Name }
/** Keys inside the database; never leave the system. */
export type ConversationKey = Key<'ConversationKey'>
export type DeviceKey = Key<'DeviceKey'>
export type UserKey = Key<'UserKey'>

/** Who is asking: the device that a valid access token names, as the registry knows it. */
export type Session = {
  readonly userId: UserId
  readonly user: UserKey
  readonly deviceId: DeviceId
  readonly device: DeviceKey
}

/** How an entry of the log changed who receives the next ones. Applied before the entry is delivered on. */
export type LeafDelta = {
  /** These receive from this entry on. */
  readonly added: readonly DeviceKey[]
  /** These receive this entry and nothing after. */
  readonly removed: readonly DeviceKey[]
  /** Members (users) who may now have a device without a leaf: it is told to join. */
  readonly invited: readonly UserKey[]
  readonly kind: ConversationKind
  readonly groupNo: number
}

/** An entry of the log, ready to be written to sockets: `frame` is the final text of its `message` frame, in UTF-8. */
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
}

/**
 * The hold rule (one device's sends of one conversation are stored in the order sent): after ANY refusal of a send the
 * socket holds that conversation's line and refuses what comes with `out_of_line`, until a send with `first: true`
 * arrives; the client sets it when it starts again from its oldest unanswered send, so every send that it wrote before
 * it saw the refusal comes, by TCP's order, before that one. The writer, too, refuses what it has queued of that line
 * behind a refused row. A new connection starts with no hold.
 */

export type SendOutcome =
  | { readonly ok: true; readonly seq: number; readonly at: number; readonly duplicate: boolean }
  | {
      readonly ok: false
      readonly code: FrameError<'send'>
      readonly retryMs?: number
      readonly details?: Record<string, unknown>
    }

/** What became of a send, for those who count. */
export type SendResult = 'stored' | 'duplicate' | ErrorCode

/** Stores sends in batches. Resolves after the commit (an ack means just that), and after the entry was announced. */
export type Writer = {
  submit(send: SendRequest): Promise<SendOutcome>
  /** Resolves when everything submitted so far has its outcome. */
  idle(): Promise<void>
  /** How many wait for a batch. */
  queuedSends(): number
}

/** What a device may receive of one conversation, and how far it has got. */
export type Position = {
  readonly conversation: ConversationId
  readonly key: ConversationKey
  readonly kind: ConversationKind
  readonly groupNo: number
  /** First entry that the device may receive (of its current leaf, or of its last one). */
  readonly fromSeq: number
  /** Last entry it may receive; undefined while its leaf is in the group. */
  readonly toSeq: number | undefined
  readonly lastSeq: number
  readonly floorSeq: number
  /** Positions that were skipped when the database was restored, sorted: nothing is there, nor ever will be. */
  readonly gaps: readonly Range[]
  /** Acked by the device. */
  readonly cursor: number
}

/** A conversation that the user belongs to and where the device has no leaf, or one that it has not opened yet. */
export type Invitation = {
  readonly conversation: ConversationId
  readonly key: ConversationKey
  readonly kind: ConversationKind
  readonly groupNo: number
  readonly seq: number
  readonly join: 'welcome' | 'external'
}

/** Where a device stands in all its user's conversations, at one moment. */
export type Memberships = {
  /** Everything that the device may still receive: current leaves, and ended ones that it has not acked to the end. */
  readonly positions: readonly Position[]
  readonly invitations: readonly Invitation[]
}

export type Sweep = {
  /** Pass it to the next sweep. */
  readonly mark: string
  readonly heads: readonly { readonly key: ConversationKey; readonly head: number }[]
  /** Users whose membership changed somewhere. */
  readonly users: readonly UserKey[]
}

/** The log as the sockets read it. Always from the primary. */
export type Log = {
  /** Entries after `after`, oldest first, at most `maxEntries` and about `maxBytes`; deltas filled in for commits. */
  page(key: ConversationKey, after: number, maxEntries: number, maxBytes: number): Promise<readonly Delivery[]>
  memberships(session: Session): Promise<Memberships>
  /** Heads and membership changes committed since `mark` (all recent ones when undefined). Exact whatever a commit's delay. */
  sweep(mark: string | undefined): Promise<Sweep>
  /** Cursors only grow and never pass what the device may receive. */
  saveCursors(
    cursors: readonly { readonly device: DeviceKey; readonly key: ConversationKey; readonly seq: number }[],
  ): Promise<void>
  dbEpoch(): Promise<string>
}

/** Tells everybody who should know that an entry was committed: local sockets and the other pods. Never throws, never waits. */
export type Announce = (delivery: Delivery) => void
