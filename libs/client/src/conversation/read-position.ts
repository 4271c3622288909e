import type { ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { countUnread, findLastMessage } from './counting.ts'

/** Moves the read position of one conversation, and keeps its count of unread messages exact. */
export class ReadPosition {
  readonly #context: Pick<Context, 'store' | 'identity' | 'people'>
  readonly #state: ConversationState

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
      if (seq > record.readSeq) await this.#count({ ...record, readSeq: seq })
    })
  }

  /** Counts anew: entries of the stored history have changed. */
  async recount(): Promise<void> {
    await this.#state.locked(() => this.#count(this.#state.record))
  }

  async #count(before: ConversationRecord): Promise<void> {
    const { store, identity, people } = this.#context
    const { firstUnread: _, ...record } = before
    const counted = await countUnread(store, record, {
      me: identity.userId,
      isHidden: (entry) => people.isHidden(record, entry),
    })
    const lastMessageSeq = record.isCounted ? record.lastMessageSeq : await findLastMessage(store, record)
    await this.#state.save({
      ...record,
      ...counted,
      isCounted: true,
      ...(lastMessageSeq !== undefined && lastMessageSeq > 0 && { lastMessageSeq }),
    })
  }
}
