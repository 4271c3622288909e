import type { ConversationRecord, Entry } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { countUnread, findLastMessage } from './counting.ts'

/** Moves the read position of one conversation, and keeps its count of unread messages exact. */
export class ReadPosition {
  readonly #context: Pick<Context, 'store' | 'identity' | 'people'>
  readonly #state: ConversationState
  #recount: Promise<void> | undefined

  constructor(context: Pick<Context, 'store' | 'identity' | 'people'>, state: ConversationState) {
    this.#context = context
    this.#state = state
  }

  /** Counts once in a record of a version that counted in another way. */
  async load(): Promise<void> {
    const { isCounted, request, unread } = this.#state.record
    if (!isCounted || (request && unread > 0)) await this.recount()
  }

  /** Notes that everything up to `seq` was read. A lower position changes nothing. */
  async markRead(seq: number): Promise<void> {
    await this.#state.locked(async () => {
      const { record } = this.#state
      if (seq <= record.readSeq) return
      const next = { ...record, readSeq: seq }
      // A person may read a long backlog in steps. Each step counts only its own part.
      const isShort = record.isCounted && seq - record.readSeq < record.cursor - seq
      await this.#save(next, isShort ? await this.#without(record, seq) : await this.#count(next))
    })
  }

  /** Counts anew: entries of the stored history have changed. Calls that wait are one count. */
  async recount(): Promise<void> {
    this.#recount ??= this.#state.locked(async () => {
      this.#recount = undefined
      const { record } = this.#state
      const last = await findLastMessage(this.#context.store, record)
      const lastMessageSeq = Math.max(last, record.lastMessageSeq ?? 0)
      await this.#save({ ...record, ...(lastMessageSeq > 0 && { lastMessageSeq }) }, await this.#count(record))
    })
    await this.#recount
  }

  #count(record: ConversationRecord, atMost?: number): Promise<Unread> {
    const { store, identity, people } = this.#context
    const reader = { me: identity.userId, isHidden: (entry: Entry) => people.isHidden(record, entry) }
    return countUnread(store, record, reader, atMost === undefined ? {} : { atMost })
  }

  /** Returns the count of unread messages behind `seq`. */
  async #without(record: ConversationRecord, seq: number): Promise<Unread> {
    const { unread: read } = await this.#count({ ...record, cursor: seq })
    const { firstUnread } = await this.#count({ ...record, readSeq: seq }, 1)
    return { unread: record.unread - read, ...(firstUnread !== undefined && { firstUnread }) }
  }

  async #save({ firstUnread: _, ...record }: ConversationRecord, unread: Unread): Promise<void> {
    await this.#state.save({ ...record, ...unread, isCounted: true })
  }
}

type Unread = Pick<ConversationRecord, 'unread' | 'firstUnread'>
