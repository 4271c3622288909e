import { type Card, labelKey, type UserId, usernameOf } from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import { Batch, getRecord, parseRecord } from '../store/records.ts'
import type { Store, Write } from '../store/store.ts'
import { shownName } from './shown-name.ts'

/** The people whose cards are kept. A card of more people than that is ignored. */
const maxCards = 10_000

type StoredName = { readonly n: number; readonly name?: string }

/** The name and picture that a person shows. The username says who it is; these are claims. */
export type Profile = {
  readonly name?: string
  /** A PNG, JPEG or WebP. Others have chosen the bytes, so decode them with care. */
  readonly picture?: Uint8Array
  /** Another person known here who has this name as username or display name. */
  readonly sameNameAs?: UserId
}

/** Keeps the cards of other people. Names are in memory, pictures in the store only. */
export class Cards {
  readonly #store: Store
  readonly #pins: Pick<Pins, 'holderOf'>
  readonly #names = new Map<UserId, StoredName>()
  /** The users with a display name, by the key of that name. */
  readonly #byName = new Map<string, Set<UserId>>()

  private constructor(store: Store, pins: Pick<Pins, 'holderOf'>) {
    this.#store = store
    this.#pins = pins
  }

  static async load(store: Store, pins: Pick<Pins, 'holderOf'>): Promise<Cards> {
    const cards = new Cards(store, pins)
    // The cast holds because only `keep` writes this table, under user ids.
    for (const { key, value } of await store.list('cards', { prefix: 'name/' }))
      cards.#set(key.slice('name/'.length) as UserId, parseRecord<StoredName>(value))
    return cards
  }

  /**
   * Takes a card over, and returns the writes that store it. A card that is older than the kept one
   * is ignored. The same card may be kept again, when the batch before was not stored.
   */
  keep(userId: UserId, { n, name, picture }: Card): readonly Write[] {
    const kept = this.#names.get(userId)
    if (kept ? n < kept.n : this.#names.size >= maxCards) return []
    const shown = name === undefined ? undefined : shownName(name)
    const stored: StoredName = { n, ...(shown !== undefined && { name: shown }) }
    this.#set(userId, stored)
    const batch = new Batch().put('cards', `name/${userId}`, stored)
    if (picture === undefined) batch.remove('cards', `picture/${userId}`)
    else batch.put('cards', `picture/${userId}`, picture)
    return batch.writes
  }

  nameOf(userId: UserId): string | undefined {
    return this.#names.get(userId)?.name
  }

  /** Returns the number of the kept card. It rises with each change of the card. */
  numberOf(userId: UserId): number | undefined {
    return this.#names.get(userId)?.n
  }

  async pictureOf(userId: UserId): Promise<string | undefined> {
    return await getRecord<string>(this.#store, 'cards', `picture/${userId}`)
  }

  /** Returns another user who has this name as username or display name, if there is one. */
  othersWith(name: string, userId: UserId): UserId | undefined {
    const username = usernameOf(name)
    const holder = username === undefined ? undefined : this.#pins.holderOf(username)
    const named = [...(this.#byName.get(labelKey(name)) ?? [])]
    return [...(holder === undefined ? [] : [holder]), ...named].find((other) => other !== userId)
  }

  #set(userId: UserId, stored: StoredName): void {
    const former = this.#names.get(userId)?.name
    if (former !== undefined) this.#byName.get(labelKey(former))?.delete(userId)
    this.#names.set(userId, stored)
    if (stored.name === undefined) return
    const key = labelKey(stored.name)
    this.#byName.set(key, (this.#byName.get(key) ?? new Set()).add(userId))
  }
}
