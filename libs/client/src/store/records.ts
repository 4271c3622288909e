import type {
  ConversationId,
  ConversationKind,
  DeviceId,
  Epoch,
  Kdf,
  MessageId,
  Payload,
  Role,
  UserId,
} from '@fastchat/schema'
import type { ChainRecord } from '../chain/chain-types.ts'
import type { TroubleFacts } from '../trouble-words.ts'
import type { Store, Table, Write } from './store.ts'

/** Who this store belongs to. Keys are base64url. */
export type Identity = {
  readonly userId: UserId
  readonly username: string
  readonly deviceId: DeviceId
  readonly deviceName: string
  readonly accountKey: string
  readonly credentialSig: string
  readonly signaturePrivate: string
  readonly signaturePublic: string
  readonly kdf?: Kdf
  /** Seals what the account's devices share. Absent on a device that logged in before there was such a state. */
  readonly stateKey?: string
}

/** The session of this device; absent after logout. */
export type SessionRecord = { readonly refreshToken: string }

/** What we know of a user, by look-ups in the directory. */
export type Pin = {
  /** Pinned when the user was first looked up. Absent of an account that was deleted before. */
  readonly accountKey?: string
  /** Signed by the account key. */
  readonly username?: string
  /** What the directory calls a user who has not signed a name. */
  readonly claimed?: string
  readonly deleted?: true
  /** What the directory claimed since, and people were told of in the chats with this user. */
  readonly told?: readonly string[]
}

export type KeyPackageRecord = {
  readonly privateBytes: string
  readonly lastResort: boolean
  readonly createdAt: number
  /** A last-resort package that was used or replaced is kept for a while, for welcomes still on their way. */
  readonly retiredAt?: number
}

/**
 * - `new`: reserved by us, its group is not created yet
 * - `joining`: we belong to it and have no state yet
 * - `active`: we read and write
 * - `broken`: a commit broke the rules or could not be followed; waits for the next group
 * - `left`, `removed`: history only
 */
export type ConversationStatus = 'new' | 'joining' | 'active' | 'broken' | 'left' | 'removed'

export type ConversationRecord = {
  readonly conversation: ConversationId
  readonly kind: ConversationKind
  readonly status: ConversationStatus
  readonly groupNo: number
  /** The last entry that is safe here. */
  readonly cursor: number
  /** Up to here the log lies outside our keys: it came before our leaf. */
  readonly joinedSeq: number
  readonly readSeq: number
  readonly unread: number
  readonly lastAt: number
  readonly name?: string
  readonly topic?: string
  readonly peer?: UserId
  readonly members: readonly { readonly userId: UserId; readonly role: Role }[]
  /** Members whose leave has been read and whose leaves are still in the group. */
  readonly departed: readonly UserId[]
  /** Devices whose revocation has been read and whose leaves are still in the group. */
  readonly revoked?: readonly DeviceId[]
  /** Those of this group that are out: they don't come back into it. */
  readonly revokedOut?: readonly DeviceId[]
  /** Votes to replace the admins, about the present roster. A change of the roster ends them. */
  readonly votes?: readonly StoredVote[]
  /** Where the name was last announced. */
  readonly profileSeq: number
  /**
   * Why it is `broken`: a commit broke the rules, the server's database was restored, or the group is of the rules before
   * (`upgrade`), and the next group is due; or only this device
   * cannot follow, maybe for a gap, and tries to join anew.
   */
  readonly brokenBy?: 'unlawful' | 'restored' | 'unreadable' | 'gap' | 'upgrade'
  /** Where the log first went on without us: handshakes from here on were not followed. */
  readonly brokenAt?: number
  /**
   * The last state of a group that this device was in and held lawful; `members` is its roster. `isOver`: it saw its own removal.
   * `isKept`: the device has lost its place by the server's word alone, and keeps the public group of that state to compare with.
   */
  readonly lawful?: { readonly groupNo: number; readonly epoch: number; readonly isOver?: true; readonly isKept?: true }
  /** The ratchet of this epoch may have been used further than this device knows: nothing more is encrypted with it. */
  readonly runBack?: { readonly groupNo: number; readonly epoch: number }
  /** The moment that our own join from outside ended: statements about it are not in our part of the log. */
  readonly enteredFrom?: { readonly epoch: Epoch; readonly transcript: string }
  /**
   * Members who are not heard from yet in this group: since this device came in, it has read neither a message nor a change of theirs, so
   * it is not sure that they are in the same group. Absent in records of former versions: nobody is said to be silent there.
   */
  readonly silent?: readonly UserId[]
  /** The server's database was restored: what the log shows from now on may have been shown before, under another position. */
  readonly isRestored?: true
  /** The chain over the log of this epoch; absent outside a group, and until the first commit that is read. */
  readonly chain?: ChainRecord
  /** Alarms that were raised between two entries; they become lines with the next one. */
  readonly owed?: readonly TroubleEvent[]
}

/** A member's vote whose signature was checked; `sig` is base64url. */
export type StoredVote = { readonly userId: UserId; readonly deviceId: DeviceId; readonly sig: string }

/** One line of a conversation's history. */
export type Entry = {
  readonly type: 'message' | 'system' | 'gap' | 'unreadable'
  readonly conversation: ConversationId
  readonly seq: number
  readonly at: number
  readonly id?: MessageId
  readonly from?: UserId
  readonly device?: DeviceId
  readonly payload?: Payload | { readonly kind: 'unknown' }
  readonly event?: SystemEvent
  /** Last position of a gap that the server has told of. Absent where this device could not read one entry after such a gap. */
  readonly to?: number
}

/** With the chain's value after the log's entry, base64url, in the first line of an entry that the chain has. */
export type StoredEntry = Entry & { readonly c?: string }

/** What a commit or leave changed, for people. */
export type SystemEvent =
  | { readonly kind: 'created' }
  /** Somebody has come in by themselves, or a further device of this user. */
  | { readonly kind: 'joined' }
  /** This device was let in, by a commit that `from` has signed. */
  | { readonly kind: 'invited' }
  | { readonly kind: 'added' | 'removed' | 'promoted' | 'demoted'; readonly users: readonly UserId[] }
  /** A member votes to replace the admins, who have no accounts any more. */
  | { readonly kind: 'voted'; readonly votes: number; readonly needed: number }
  /** The members elected an admin; the former admins are out. */
  | { readonly kind: 'elected'; readonly users: readonly UserId[]; readonly removed: readonly UserId[] }
  | { readonly kind: 'left'; readonly users: readonly UserId[] }
  /** The account has revoked a device, the entry's. */
  | { readonly kind: 'revoked'; readonly users: readonly UserId[] }
  /** A group has another name than this device knew, or its first. */
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'device' }
  | { readonly kind: 'restarted' }
  /** The server was restored from a copy that may lack messages; `lost`: it does not know this conversation at all. */
  | { readonly kind: 'restored'; readonly lost?: true }
  | { readonly kind: 'broken'; readonly reason: string }
  | TroubleEvent

/** Something is wrong that nobody on this device did. */
export type TroubleEvent = { readonly kind: 'trouble' } & TroubleFacts

/** A message on its way. `envelope` and its epoch are final once set, until the server says that epoch is over. */
export type OutboxRecord = {
  readonly id: MessageId
  readonly conversation: ConversationId
  /** Position in the conversation's line of sends. */
  readonly order: number
  readonly payload: Payload
  readonly attachments: readonly string[]
  readonly queuedAt: number
  readonly encrypted?: { readonly groupNo: number; readonly epoch: number; readonly envelope: string }
  /** The server said that the epoch of these bytes is over: they may be encrypted again, and only then. */
  readonly isStale?: boolean
  /** Set by the ack; the record goes when the entry itself is read from the log. */
  readonly stored?: { readonly seq: number; readonly at: number }
  /** History has it already: it goes again in case a restored server has forgotten it, and nobody is told. */
  readonly isRepeated?: true
}

export type MembershipChange =
  | { readonly kind: 'create'; readonly userIds: readonly UserId[]; readonly name?: string }
  | { readonly kind: 'add'; readonly userIds: readonly UserId[] }
  | { readonly kind: 'remove'; readonly userIds: readonly UserId[] }
  | { readonly kind: 'role'; readonly userId: UserId; readonly role: Role }
  | { readonly kind: 'prune' }
  /** The election that the votes of the record decide. */
  | { readonly kind: 'elect' }
  /** New keys and a new group info, if the group is still at this epoch. */
  | { readonly kind: 'update'; readonly groupNo: number; readonly epoch: number }
  | { readonly kind: 'join' }
  | { readonly kind: 'restart' }

/** A change that we want. `attempt` is what has been or will be sent for it; it is stored before the bytes leave. */
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
    /** For a join: members who had left, by statements that come before our leaf, and the moment that those are about. */
    readonly departed?: readonly UserId[]
    /** Of that state, too: devices with a leaf that were revoked. */
    readonly revoked?: readonly DeviceId[]
    readonly enteredFrom?: NonNullable<ConversationRecord['enteredFrom']>
  }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A batch of writes being put together; values are JSON. */
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

/** Reads a record. The cast holds because only this module's types are ever written under `table`. */
export async function getRecord<T>(store: Store, table: Table, key: string): Promise<T | undefined> {
  const value = await store.get(table, key)
  return value && (JSON.parse(decoder.decode(value)) as T)
}

export const parseRecord = <T>(value: Uint8Array): T => JSON.parse(decoder.decode(value)) as T

/** Key of the entry at `seq`: sorts as numbers do. */
export const entryKey = (conversation: ConversationId, seq: number): string =>
  `${conversation}/${String(seq).padStart(16, '0')}`

/** Key of a line: `n` counts those of one log entry from 0. */
export const lineKey = (conversation: ConversationId, seq: number, n: number): string =>
  `${entryKey(conversation, seq)}/${n}`
