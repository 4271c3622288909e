import { type ConversationId, maxSignalMembers, type UserId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { asError, ClientError } from '../errors.ts'
import { Serial } from '../serial.ts'
import { type ConversationRecord, type Entry, parseRecord, type StoredEntry } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Privacy } from './privacy.ts'
import { ReceiptBook } from './receipt-book.ts'
import { leastState, type MemberReceipt, type ReceiptState, receiptsAt, type SentReceipt } from './receipt-record.ts'
import type { Heard, SignalChannel } from './signal-channel.ts'
import { maxKeptEpochs } from './signal-keys.ts'

type ReceiptsDeps = {
  readonly store: Store
  readonly me: UserId
  readonly channel: Pick<SignalChannel, 'send' | 'isOpen' | 'serves'>
  readonly privacy: Pick<Privacy, 'allows' | 'mayTell'>
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
/** A receipt is sealed anew with the next one, or when the kept one is this many epochs old. */
const renewAfterEpochs = maxKeptEpochs / 2

/** Sends the positions that this device has received and read, and holds those of others. */
export class Receipts {
  readonly #deps: ReceiptsDeps
  readonly #book: ReceiptBook
  readonly #due = new Set<ConversationId>()
  readonly #serial = new Serial()
  #timer: ReturnType<typeof setTimeout> | undefined
  #isStopped = false
  /** The last ones sent. When the connection breaks, the pod may not have kept them. */
  readonly #unsure = new Set<ConversationId>()

  constructor(deps: ReceiptsDeps) {
    this.#deps = deps
    this.#book = new ReceiptBook(deps.store)
  }

  /**
   * Reads the stored receipts. A conversation of a former version sends none about its past.
   *
   * @internal
   */
  async load(): Promise<void> {
    await this.#book.load()
    for (const { record } of this.#deps.chats()) {
      const { conversation, cursor, readSeq } = record
      if (!this.#book.has(conversation)) this.#book.begin(conversation, { delivered: cursor, read: readSeq })
      else await this.#lookBack(record)
    }
  }

  /** Notes a new entry. Receipts are due only for messages of others. @internal */
  noteEntry({ type, conversation, from, seq }: Entry): void {
    if (type !== 'message' || from === undefined || from === this.#deps.me) return
    const held = this.#book.of(conversation)
    held.lastForeign = Math.max(held.lastForeign ?? 0, seq)
    this.#plan(conversation)
  }

  /**
   * Notes a changed record: the user may have read on, or the group may be at a later epoch.
   *
   * @internal
   */
  noteRecord(record: ConversationRecord): void {
    const { own, lastForeign, isDue } = this.#book.of(record.conversation)
    const hasReadOn = record.readSeq > own.read && (lastForeign === undefined || lastForeign > own.read)
    if (hasReadOn || isOld(own, record) || (isDue && this.#deps.channel.serves(record))) this.#plan(record.conversation)
  }

  /** Begins, and sends again what the last connection may not have delivered. @internal */
  connected(): void {
    this.#isStopped = false
    for (const conversation of this.#unsure) {
      const held = this.#book.of(conversation)
      held.isDue = true
      this.#due.add(conversation)
    }
    this.#unsure.clear()
    this.#arm()
  }

  /** Takes another device's receipt. @internal */
  heard(heard: Heard): void {
    if (!this.#deps.privacy.allows('receipts') || heard.user === this.#deps.me || !this.#book.take(heard)) return
    this.#arm()
    this.#deps.onChange(heard.conversation)
  }

  /** Forgets what others have told: this user switched receipts off. @internal */
  async forget(): Promise<void> {
    for (const conversation of this.#book.forget()) this.#deps.onChange(conversation)
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
    return receiptsAt([...this.#book.of(conversation).others.values()], present, seq)
  }

  /**
   * Sends the receipts that are due, and stores what has changed. Resolves when that is done.
   *
   * @internal
   */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#serial.run(() => this.#round())
  }

  /** Sends and stores what waits, and ends. Call it before the connection stops. @internal */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.flush()
  }

  async #round(): Promise<void> {
    try {
      const { channel, privacy } = this.#deps
      // While the account's switch is not known, nothing is told, and all of it stays due.
      const mayTell = channel.isOpen && (privacy.mayTell('receipts') || !privacy.allows('receipts'))
      const round = mayTell ? [...this.#due].slice(0, maxPerRound) : []
      for (const conversation of round) await this.#send(conversation)
      await this.#book.save()
    } catch (error) {
      this.#deps.onError(asError(error))
    }
    if (this.#deps.channel.isOpen && this.#due.size > 0) this.#arm()
  }

  async #send(conversation: ConversationId): Promise<void> {
    this.#due.delete(conversation)
    const chat = this.#deps.find(conversation)
    if (!chat || !this.#deps.privacy.allows('receipts')) return
    const held = this.#book.of(conversation)
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
    if (at === undefined) {
      // It waits for the next connection, or outside the group for a change of the record.
      held.isDue = true
      if (!this.#deps.channel.isOpen) this.#due.add(conversation)
      return
    }
    held.own = { delivered, read, ...at }
    held.lastForeign ??= 0
    this.#book.changed(conversation)
    this.#unsure.delete(conversation)
    this.#unsure.add(conversation)
    const [oldest] = this.#unsure
    if (this.#unsure.size > maxUnsure && oldest !== undefined) this.#unsure.delete(oldest)
  }

  #plan(conversation: ConversationId): void {
    if (!this.#deps.privacy.allows('receipts')) return
    this.#due.add(conversation)
    this.#arm()
  }

  #arm(): void {
    if (!this.#isStopped) this.#timer ??= setTimeout(() => void this.flush(), waitMs)
  }

  /** Looks for a message that this device stored and did not confirm, because it ended before. */
  async #lookBack({ conversation, cursor, readSeq }: ConversationRecord): Promise<void> {
    const held = this.#book.of(conversation)
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
