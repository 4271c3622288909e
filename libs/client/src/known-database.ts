import type { Context } from './conversation/context.ts'
import type { Conversation } from './conversation/conversation.ts'
import { followRestore } from './follow-restore.ts'
import { Batch } from './store/records.ts'

/** The server's database as this device knows it, by its `dbEpoch`: another one was restored from a copy, and has to be followed. */
export class KnownDatabase {
  readonly #context: Context
  readonly #conversations: () => readonly Conversation[]
  /** Of the database that this device is in step with; undefined before the first connection. */
  #dbEpoch: string | undefined
  #meeting = Promise.resolve()
  #meetings = 0

  constructor(context: Context, conversations: () => readonly Conversation[], dbEpoch: string | undefined) {
    this.#context = context
    this.#conversations = conversations
    this.#dbEpoch = dbEpoch
  }

  /** Something is still to be done before this device is in step. */
  get isFollowing(): boolean {
    return this.#meetings > 0
  }

  /**
   * A connection was made to a server with that database. Outboxes are held at once when it is another one than before. Resolves when this
   * device is in step with it. @throws what ended that early: the next connection begins anew
   */
  meet(dbEpoch: string): Promise<void> {
    const isRestored = this.#dbEpoch !== undefined && this.#dbEpoch !== dbEpoch
    if (isRestored) for (const { outbox } of this.#conversations()) outbox.hold()
    const meeting = this.#meeting.then(() => this.#follow(dbEpoch, isRestored))
    this.#meeting = meeting.catch(() => {})
    return meeting
  }

  /** Resolves when nothing here touches the store any more. */
  async idle(): Promise<void> {
    await this.#meeting
  }

  async #follow(dbEpoch: string, isRestored: boolean): Promise<void> {
    this.#meetings++
    try {
      // Also when the connection before has done it: this one has stopped the outboxes, too.
      if (isRestored) await followRestore(this.#context, this.#conversations())
      if (dbEpoch === this.#dbEpoch) return
      await this.#context.store.write(new Batch().put('meta', 'dbEpoch', dbEpoch).writes)
      this.#dbEpoch = dbEpoch
    } finally {
      this.#meetings--
    }
  }
}
