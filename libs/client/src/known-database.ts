import type { Context } from './conversation/context.ts'
import type { Conversation } from './conversation/conversation.ts'
import { followRestore } from './follow-restore.ts'
import { Batch } from './store/records.ts'

/**
 * Remembers the server's database by its `dbEpoch`. Another `dbEpoch` means that the database was
 * restored from a copy.
 */
export class KnownDatabase {
  readonly #context: Context
  readonly #conversations: () => readonly Conversation[]
  /** The `dbEpoch` that this device has followed. Undefined before the first connection. */
  #dbEpoch: string | undefined
  #following = Promise.resolve()
  #count = 0

  constructor(context: Context, conversations: () => readonly Conversation[], dbEpoch: string | undefined) {
    this.#context = context
    this.#conversations = conversations
    this.#dbEpoch = dbEpoch
  }

  /** Returns whether a restore is still being followed. */
  get isFollowing(): boolean {
    return this.#count > 0
  }

  /**
   * Handles a connection to a server with this database. Holds the outboxes at once when the
   * database is another one than before. Resolves when this device has followed the restore.
   *
   * @throws the error that ended it early: the next connection begins again
   */
  connected(dbEpoch: string): Promise<void> {
    const isRestored = this.#dbEpoch !== undefined && this.#dbEpoch !== dbEpoch
    if (isRestored) for (const { outbox } of this.#conversations()) outbox.hold()
    const following = this.#following.then(() => this.#follow(dbEpoch, isRestored))
    this.#following = following.catch(() => {})
    return following
  }

  /** Resolves when this object no longer uses the store. */
  async idle(): Promise<void> {
    await this.#following
  }

  async #follow(dbEpoch: string, isRestored: boolean): Promise<void> {
    this.#count++
    try {
      // This also repeats a restore that the previous connection has followed: this connection has
      // held the outboxes again.
      if (isRestored) await followRestore(this.#context, this.#conversations())
      if (dbEpoch === this.#dbEpoch) return
      await this.#context.store.write(new Batch().put('meta', 'dbEpoch', dbEpoch).writes)
      this.#dbEpoch = dbEpoch
    } finally {
      this.#count--
    }
  }
}
