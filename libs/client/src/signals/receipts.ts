import { type ConversationId, type DeviceId, maxSignalMembers, type UserId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { asError, ClientError } from '../errors.ts'
import { Serial } from '../serial.ts'
import { Batch, type ConversationRecord, type Entry, parseRecord, type StoredEntry } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Privacy } from './privacy.ts'
import {
  leastState,
  type MemberReceipt,
  type Reached,
  type ReceiptRecord,
  type ReceiptState,
  reachedAfter,
  receiptsAt,
  type SentReceipt,
} from './receipt-record.ts'
import type { Heard, SignalChannel } from './signal-channel.ts'
import { maxKeptEpochs } from './signal-keys.ts'

type ReceiptsDeps = {
  readonly store: Store
  readonly me: UserId
  readonly channel: Pick<SignalChannel, 'send' | 'isOpen' | 'serves'>
  readonly privacy: Pick<Privacy, 'allows'>
  readonly chats: () => readonly Pick<Conversation, 'record'>[]
  readonly find: (id: ConversationId) => Pick<Conversation, 'record'> | undefined
  readonly onChange: (conversation: ConversationId) => void
  readonly onError: (error: Error) => void
}

/** A device sends at most one receipt of a chat in this time, which serves all messages in it. */
const waitMs = 1_000
/** The number of receipts in one such time, well below what a pod takes from a device. */
const maxPerRound = 8
/** The number of receipts that are sent again after a break. A round takes them. */
const maxUnsure = maxPerRound
/** The number of last entries in which a device looks for a message that it did not yet confirm. */
const lookBack = 50
/** The devices of one chat whose receipts are kept, former ones included. */
const maxDevices = 1_024
/** A receipt is sealed anew with the next one, or when the kept one is this many epochs old. */
const renewAfterEpochs = maxKeptEpochs / 2

const recordKey = (conversation: ConversationId): string => `receipts/${conversation}`
const prefix = 'receipts/'

/** The receipts of one conversation. */
type Held = {
  own: SentReceipt
  readonly others: Map<DeviceId, Reached>
  /** The last message of another user. Unknown after a start. */
  lastForeign: number | undefined
  isDue: boolean
}

/** Tells other members how far this device has their messages, and holds what they tell. */
export class Receipts {
  readonly #deps: ReceiptsDeps
  readonly #held = new Map<ConversationId, Held>()
  readonly #unsaved = new Set<ConversationId>()
  readonly #due = new Set<ConversationId>()
  readonly #serial = new Serial()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isStopped = false
  /** The last ones sent. When the connection breaks, the pod may not have kept them. */
  readonly #unsure = new Set<ConversationId>()

  constructor(deps: ReceiptsDeps) {
    this.#deps = deps
  }

  /** Reads what is stored. A conversation of a former version begins here: its past is not told. */
  async load(): Promise<void> {
    for (const { key, value } of await this.#deps.store.list('meta', { prefix })) {
      const { own, others } = parseRecord<ReceiptRecord>(value)
      // The casts hold, since `#save` wrote the key and the record.
      const entries = Object.entries(others) as [DeviceId, Reached][]
      const held: Held = { own, others: new Map(entries), lastForeign: undefined, isDue: false }
      this.#held.set(key.slice(prefix.length) as ConversationId, held)
    }
    for (const { record } of this.#deps.chats()) {
      if (!this.#held.has(record.conversation)) this.#begin(record.conversation, record.cursor, record.readSeq)
      else await this.#lookBack(record)
    }
  }

  /** Notes a new entry. Receipts are due only for messages of others. */
  noteEntry({ type, conversation, from, seq }: Entry): void {
    if (type !== 'message' || from === undefined || from === this.#deps.me) return
    const held = this.#of(conversation)
    held.lastForeign = Math.max(held.lastForeign ?? 0, seq)
    this.#plan(conversation)
  }

  /** Notes a changed record: the user may have read on, or the group may be at a later epoch. */
  noteRecord(record: ConversationRecord): void {
    const { own, lastForeign, isDue } = this.#of(record.conversation)
    const hasReadOn = record.readSeq > own.read && (lastForeign === undefined || lastForeign > own.read)
    if (hasReadOn || isOld(own, record) || (isDue && this.#deps.channel.serves(record))) this.#plan(record.conversation)
  }

  /** Begins, and sends again what the last connection may not have delivered. */
  connected(): void {
    this.#isStopped = false
    for (const conversation of this.#unsure) {
      const held = this.#of(conversation)
      held.isDue = true
      this.#due.add(conversation)
    }
    this.#unsure.clear()
    this.#arm()
  }

  /** Takes another device's receipt. */
  heard({ conversation, user, device, content, cursor }: Heard): void {
    if (content.kind !== 'receipt' || !this.#deps.privacy.allows('receipts') || user === this.#deps.me) return
    const { others } = this.#of(conversation)
    const before = others.get(device)
    const after = reachedAfter(before, user, content, cursor)
    if (before && before.delivered === after.delivered && before.read === after.read && before.from === after.from)
      return
    others.set(device, after)
    const [oldest] = others.keys()
    if (others.size > maxDevices && oldest !== undefined) others.delete(oldest)
    this.#unsaved.add(conversation)
    this.#arm()
    this.#deps.onChange(conversation)
  }

  /** Forgets what others have told: this user switched receipts off. */
  async forget(): Promise<void> {
    for (const [conversation, { others }] of this.#held) {
      if (others.size === 0) continue
      others.clear()
      this.#unsaved.add(conversation)
      this.#deps.onChange(conversation)
    }
    this.#due.clear()
    await this.flush()
  }

  /** Returns the state of a message of this user at `seq`. */
  stateAt(conversation: ConversationId, seq: number): ReceiptState {
    return leastState(this.at(conversation, seq))
  }

  /**
   * Returns what each other member's devices have told of the message at `seq`. Empty while
   * receipts are off, and in a group with too many members.
   *
   * @throws {ClientError} `unknown_conversation`
   */
  at(conversation: ConversationId, seq: number): readonly MemberReceipt[] {
    const chat = this.#deps.find(conversation)
    if (!chat) throw new ClientError('unknown_conversation')
    const { members, departed } = chat.record
    if (!this.#deps.privacy.allows('receipts') || members.length > maxSignalMembers) return []
    const users = members.map(({ userId }) => userId)
    const present = users.filter((user) => user !== this.#deps.me && !departed.includes(user))
    return receiptsAt([...this.#of(conversation).others.values()], present, seq)
  }

  /** Sends the receipts that are due, and stores what has changed. Resolves when that is done. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#serial.run(() => this.#round())
  }

  /** Sends and stores what waits, and ends. Call it before the connection stops. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.flush()
  }

  async #round(): Promise<void> {
    try {
      const round = this.#deps.channel.isOpen ? [...this.#due].slice(0, maxPerRound) : []
      for (const conversation of round) await this.#send(conversation)
      await this.#save()
    } catch (error) {
      this.#deps.onError(asError(error))
    }
    if (this.#deps.channel.isOpen && this.#due.size > 0) this.#arm()
  }

  async #send(conversation: ConversationId): Promise<void> {
    this.#due.delete(conversation)
    const chat = this.#deps.find(conversation)
    if (!chat || !this.#deps.privacy.allows('receipts')) return
    const held = this.#of(conversation)
    if (!this.#deps.channel.serves(chat.record)) {
      // A chat that waits as a request: it is told once it is accepted.
      held.isDue = true
      return
    }
    const { cursor, joinedSeq, readSeq } = chat.record
    const [delivered, read] = [cursor, Math.min(readSeq, cursor)]
    const isNew = delivered > held.own.delivered || read > held.own.read
    if (!isNew && !held.isDue && !isOld(held.own, chat.record)) return
    held.isDue = false
    const body = { kind: 'receipt', from: joinedSeq + 1, delivered, read } as const
    const at = await this.#deps.channel.send(conversation, body, true)
    if (at === undefined) return void this.#due.add(conversation)
    held.own = { delivered, read, ...at }
    held.lastForeign ??= 0
    this.#unsaved.add(conversation)
    this.#unsure.delete(conversation)
    this.#unsure.add(conversation)
    const [oldest] = this.#unsure
    if (this.#unsure.size > maxUnsure && oldest !== undefined) this.#unsure.delete(oldest)
  }

  async #save(): Promise<void> {
    if (this.#unsaved.size === 0) return
    const batch = new Batch()
    for (const conversation of this.#unsaved) {
      const { own, others } = this.#of(conversation)
      batch.put('meta', recordKey(conversation), { own, others: Object.fromEntries(others) } satisfies ReceiptRecord)
    }
    this.#unsaved.clear()
    await this.#deps.store.write(batch.writes)
  }

  #plan(conversation: ConversationId): void {
    if (!this.#deps.privacy.allows('receipts')) return
    this.#due.add(conversation)
    this.#arm()
  }

  #arm(): void {
    if (!this.#isStopped) this.#timer ??= setTimeout(() => void this.flush(), waitMs)
  }

  #of(conversation: ConversationId): Held {
    return this.#held.get(conversation) ?? this.#begin(conversation, 0, 0)
  }

  #begin(conversation: ConversationId, delivered: number, read: number): Held {
    const held: Held = { own: { delivered, read }, others: new Map(), lastForeign: undefined, isDue: false }
    this.#held.set(conversation, held)
    return held
  }

  /** Looks for a message that this device stored and did not confirm, because it ended before. */
  async #lookBack({ conversation, cursor, readSeq }: ConversationRecord): Promise<void> {
    const held = this.#of(conversation)
    if (cursor <= held.own.delivered && readSeq <= held.own.read) return
    const range = { prefix: `${conversation}/`, descending: true, limit: lookBack }
    for (const { value } of await this.#deps.store.list('entries', range)) {
      const entry = parseRecord<StoredEntry>(value)
      if (entry.seq <= held.own.read) return
      if (entry.type === 'message' && entry.from !== this.#deps.me) return void this.#due.add(conversation)
    }
  }
}

/** Whether a sent receipt is sealed for an epoch whose key other devices soon forget. */
function isOld({ groupNo, epoch }: SentReceipt, { lawful, groupNo: now }: ConversationRecord): boolean {
  if (groupNo === undefined || epoch === undefined || lawful === undefined) return false
  return groupNo !== now || lawful.epoch - epoch >= renewAfterEpochs
}
