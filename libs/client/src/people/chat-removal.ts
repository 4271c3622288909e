import type { Clock, WallMs } from '@fastchat/clock'
import type { ConversationId, Seq } from '@fastchat/schema'
import type { ConversationEvents } from '../conversation/context.ts'
import type { Conversations } from '../conversation/conversations.ts'
import type { Emitter } from '../emitter.ts'
import { ClientError } from '../errors.ts'
import { Serial } from '../serial.ts'
import { Batch, type ConversationRecord, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { eraseChat } from './erase-chat.ts'
import { erasePast } from './erase-past.ts'
import type { PeopleBook } from './people-book.ts'

/** The time in which a person is offered to take the removal of a chat back. */
export const undoMs = 10_000
/** A removal can be taken back for this long at most. */
const maxUndoMs = 60_000
const metaKey = 'removals'

type Port = {
  readonly store: Store
  readonly book: PeopleBook
  readonly clock: Clock
  readonly events: Emitter<ConversationEvents>
  conversations(): Conversations
}

/** A removal that can still be taken back: the chat is hidden here, and nothing is erased. */
type Pending = { readonly seq: number; readonly due: WallMs }

/**
 * Removes chats from all devices of the account. Nobody else is told. A group must be left first. A
 * direct chat goes on: its past is erased, and a new message shows it again.
 */
export class ChatRemoval {
  readonly #port: Port
  readonly #serial = new Serial()
  readonly #pending = new Map<ConversationId, Pending>()
  readonly #timers = new Map<ConversationId, ReturnType<typeof setTimeout>>()
  readonly #erasing = new Set<ConversationId>()

  constructor(port: Port) {
    this.#port = port
  }

  /** Goes on with removals that the process before did not end. */
  async load(): Promise<void> {
    const stored = (await getRecord<Record<ConversationId, Pending>>(this.#port.store, 'meta', metaKey)) ?? {}
    // The cast holds because only conversation ids are written as keys.
    for (const [id, pending] of Object.entries(stored) as [ConversationId, Pending][]) {
      this.#pending.set(id, pending)
      this.#arm(id, pending)
    }
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  /** Makes the removals that could still be taken back, because the application ends. */
  async end(): Promise<void> {
    for (const [conversation, { seq }] of [...this.#pending]) await this.#decide(conversation, seq)
  }

  /** Returns whether a chat was removed and nothing was written in it since. No list shows it. */
  isForgotten(record: ConversationRecord): boolean {
    const { conversation, status, kind, lastMessageSeq = 0 } = record
    const seq = this.#pending.get(conversation)?.seq ?? this.#forgottenTo(conversation)
    if (seq === undefined) return false
    return status === 'left' || status === 'removed' || (kind === 'direct' && lastMessageSeq <= seq)
  }

  /**
   * Removes a chat. Within `undo` milliseconds the removal can be taken back.
   *
   * @throws {ClientError} `only_left_chats`, `unknown_conversation`
   */
  async forget(conversation: ConversationId, undo: number): Promise<void> {
    const { record } = this.#port.conversations().get(conversation)
    const isOver = record.status === 'left' || record.status === 'removed'
    if (!isOver && record.kind === 'group') throw new ClientError('only_left_chats')
    const wait = Math.min(undo, maxUndoMs)
    if (wait <= 0) return await this.#decide(conversation, record.cursor)
    const pending = { seq: record.cursor, due: (this.#port.clock.wallMs() + wait) as WallMs }
    this.#pending.set(conversation, pending)
    await this.#store()
    this.#arm(conversation, pending)
    this.#announce(conversation)
  }

  /** Takes back the latest removal that can be, and returns its chat, if there is one. */
  async undo(): Promise<ConversationId | undefined> {
    const latest = [...this.#pending].toSorted(([, a], [, b]) => b.due - a.due)[0]
    if (!latest || latest[1].due <= this.#port.clock.wallMs()) return undefined
    const [conversation] = latest
    this.#clear(conversation)
    await this.#store()
    this.#announce(conversation)
    return conversation
  }

  /** Erases what a decision of this or another device of the account removes. It is not awaited. */
  follow(record: ConversationRecord): void {
    const { conversation, status, kind, forgottenTo = 0 } = record
    const to = this.#forgottenTo(conversation)
    if (to === undefined || this.#erasing.has(conversation)) return
    const isOver = status === 'left' || status === 'removed'
    if (isOver) this.#run(conversation, () => this.#eraseAll(conversation))
    else if (kind === 'direct' && to > forgottenTo) this.#run(conversation, () => this.#erasePast(conversation, to))
  }

  /** Erases what came back from the backup into a chat whose past was removed. */
  restored(conversation: ConversationId): void {
    const record = this.#port.conversations().find(conversation)?.record
    if (record) this.follow({ ...record, forgottenTo: 0 })
  }

  #forgottenTo(conversation: ConversationId): number | undefined {
    const decided = this.#port.book.aboutChat(conversation)
    return decided?.is === 'forgotten' ? (decided.seq ?? 0) : undefined
  }

  #arm(conversation: ConversationId, { seq, due }: Pending): void {
    const wait = Math.max(0, Math.min(due - this.#port.clock.wallMs(), maxUndoMs))
    const work = () => {
      this.#decide(conversation, seq).catch((error: Error) => this.#port.events.emit('trouble', error))
    }
    this.#timers.set(conversation, setTimeout(work, wait))
  }

  async #decide(conversation: ConversationId, position: number): Promise<void> {
    // The cast holds because a position above 0 was read from the log.
    const seq = position as Seq
    const record = this.#port.conversations().find(conversation)?.record
    const accepted = record?.kind === 'direct' && !record.request
    const decision = { is: 'forgotten', ...(seq > 0 && { seq }), ...(accepted && { accepted }) } as const
    await this.#port.book.decideChats([[conversation, decision]])
    if (this.#clear(conversation)) await this.#store()
    if (record) this.follow(record)
    await this.#serial.idle()
  }

  #clear(conversation: ConversationId): boolean {
    clearTimeout(this.#timers.get(conversation))
    this.#timers.delete(conversation)
    return this.#pending.delete(conversation)
  }

  async #store(): Promise<void> {
    await this.#port.store.write(new Batch().put('meta', metaKey, Object.fromEntries(this.#pending)).writes)
  }

  /** Tells the application to list the chats again. */
  #announce(conversation: ConversationId): void {
    const record = this.#port.conversations().find(conversation)?.record
    if (record) this.#port.events.emit('conversation', record)
  }

  #run(conversation: ConversationId, work: () => Promise<void>): void {
    this.#erasing.add(conversation)
    this.#serial
      .run(work)
      .catch((error: Error) => this.#port.events.emit('trouble', error))
      .finally(() => this.#erasing.delete(conversation))
  }

  /**
   * Erases a chat that is over. While its group still has a leaf of this device, it is only hidden,
   * because the server would name it again.
   */
  async #eraseAll(id: ConversationId): Promise<void> {
    const conversation = this.#port.conversations().find(id)
    if (!conversation || conversation.group) return
    await conversation.stop()
    if (!this.isForgotten(conversation.record)) return
    this.#port.conversations().forget(id)
    await eraseChat(this.#port.store, id)
  }

  async #erasePast(id: ConversationId, to: number): Promise<void> {
    const conversation = this.#port.conversations().find(id)
    if (!conversation) return
    await conversation.markRead(Math.min(to, conversation.record.cursor))
    const erased = await conversation.locked(() => erasePast(this.#port.store, id, to))
    await conversation.forgotten(to)
    for (const message of erased) this.#port.events.emit('changed', { conversation: id, id: message })
  }
}
