import type { UserId } from '@fastchat/schema'
import { type Pin, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The pins of this device in memory: by user, and by signed name. */
export class PinTable {
  readonly #pins = new Map<UserId, Pin>()
  /** The users who hold signed names. */
  readonly #holders = new Map<string, UserId>()

  static async load(store: Store): Promise<PinTable> {
    const table = new PinTable()
    // The cast holds because only `Pins` and sign-in write this table, under user ids.
    for (const { key, value } of await store.list('pins')) table.set(key as UserId, parseRecord<Pin>(value))
    return table
  }

  get(userId: UserId): Pin | undefined {
    return this.#pins.get(userId)
  }

  /** Returns the user who has this signed name here. */
  holderOf(username: string): UserId | undefined {
    return this.#holders.get(username)
  }

  entries(): IterableIterator<[UserId, Pin]> {
    return this.#pins.entries()
  }

  set(userId: UserId, pin: Pin | undefined): void {
    const former = this.#pins.get(userId)?.username
    if (former !== undefined && this.#holders.get(former) === userId) this.#holders.delete(former)
    if (pin === undefined) this.#pins.delete(userId)
    else this.#pins.set(userId, pin)
    if (pin?.username !== undefined) this.#holders.set(pin.username, userId)
  }
}

/**
 * Returns whether a pin adds to the kept one: a key, a signed name, or a claimed name where none is
 * signed.
 */
export const isMore = (pin: Pin, kept: Pin | undefined): boolean =>
  kept === undefined ||
  (kept.username === undefined && pin.username !== undefined) ||
  (kept.accountKey === undefined && pin.accountKey !== undefined) ||
  (kept.username === undefined && kept.claimed !== pin.claimed)

/** Returns the pin without its name if another user holds that name already. */
export function withoutTakenName<T extends Pin>(pin: T, userId: UserId, table: PinTable): T | Omit<T, 'username'> {
  const holder = pin.username === undefined ? undefined : table.holderOf(pin.username)
  if (holder === undefined || holder === userId) return pin
  const { username: _, ...nameless } = pin
  return nameless
}
