import type { UserId } from '@fastchat/schema'
import { Batch, type Pin } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { PinTable } from './pin-table.ts'

/** The refused keys that are kept for one user. A server that invents more stops a chat again. */
const maxRefused = 4

/** Keeps other keys than the pinned ones that were shown for users, until the person decides. */
export class RivalKeys {
  readonly #table: PinTable
  readonly #store: Store
  readonly #changed: () => void

  /** @param changed is called when a pin is new to the other devices of this account */
  constructor(table: PinTable, store: Store, changed: () => void) {
    this.#table = table
    this.#store = store
    this.#changed = changed
  }

  of(userId: UserId): string | undefined {
    return this.#table.get(userId)?.rival
  }

  /** Notes another key, unless the person has refused it. It counts before it is stored. */
  note(userId: UserId, rival: string): void {
    const pin = this.#table.get(userId)
    if (!pin || pin.rival === rival || pin.refused?.includes(rival)) return
    // This is not awaited, like the report of the doubt. It counts at once.
    this.#replace(userId, { ...pin, rival }).catch(() => {})
  }

  /** Stores that the person has compared the pinned key, so that the other key stops nothing. */
  async refuse(userId: UserId): Promise<void> {
    const { rival, refused = [], ...pin } = this.#table.get(userId) ?? {}
    if (rival !== undefined) await this.#replace(userId, { ...pin, refused: [...refused, rival].slice(-maxRefused) })
  }

  /** Forgets which other keys the person has refused. */
  async reconsider(userId: UserId): Promise<void> {
    const { refused, ...pin } = this.#table.get(userId) ?? {}
    if (refused) await this.#replace(userId, pin)
  }

  /** Replaces the pinned key by one that the person has accepted. */
  async adopt(userId: UserId, accountKey: string): Promise<void> {
    const { rival: _, refused: __, ...pin } = this.#table.get(userId) ?? {}
    if (pin.accountKey !== accountKey) await this.#replace(userId, { ...pin, accountKey })
  }

  async #replace(userId: UserId, pin: Pin): Promise<void> {
    this.#table.set(userId, pin)
    await this.#store.write(new Batch().put('pins', userId, pin).writes)
    this.#changed()
  }
}
