import type { CredentialClaims } from '@fastchat/crypto/verify'
import { authOperations, limits, toBase64Url, type User, type UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import { Batch, type Pin, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/**
 * What this device knows of people. A user's account key is pinned when it is first seen; from then on a leaf or key
 * package with another one is refused, whoever vouches for it. First contact trusts the server.
 */
export class Pins {
  readonly #api: Api
  readonly #store: Store
  readonly #pins = new Map<UserId, Pin>()

  private constructor(api: Api, store: Store) {
    this.#api = api
    this.#store = store
  }

  static async load(api: Api, store: Store): Promise<Pins> {
    const pins = new Pins(api, store)
    // Keys of this table are user ids: `#put` is the only writer.
    for (const { key, value } of await store.list('pins')) pins.#pins.set(key as UserId, parseRecord<Pin>(value))
    return pins
  }

  /** Whether these claims fit what is known of their user; pins the key when nothing is. */
  readonly trust = async (claims: Pick<CredentialClaims, 'userId' | 'accountKey'>): Promise<boolean> => {
    const { userId } = claims
    const accountKey = toBase64Url(claims.accountKey)
    const pin = this.#pins.get(userId)
    if (pin?.accountKey !== undefined) return pin.accountKey === accountKey
    await this.#put(userId, { ...pin, accountKey })
    return true
  }

  accountKeyOf(userId: UserId): string | undefined {
    return this.#pins.get(userId)?.accountKey
  }

  /** The user's name as last heard; the id's beginning when it was never heard. */
  nameOf(userId: UserId): string {
    return this.#pins.get(userId)?.username ?? userId.slice(0, 8)
  }

  /** Remembers names. @throws {ClientError} `key_changed` when the server shows another account key than the pinned one. */
  async learn(users: readonly User[]): Promise<void> {
    for (const { userId, username, accountKey } of users) {
      const pin = this.#pins.get(userId)
      if (pin?.accountKey !== undefined && pin.accountKey !== accountKey) {
        throw new ClientError('key_changed', `The server shows another key for ${username} than the one known here`)
      }
      if (pin?.username !== username) await this.#put(userId, { ...pin, username, accountKey })
    }
  }

  /** Asks the server for the names of those among `userIds` that are not known yet. */
  async resolve(userIds: readonly UserId[]): Promise<void> {
    const unknown = [...new Set(userIds)].filter((userId) => this.#pins.get(userId)?.username === undefined)
    for (let at = 0; at < unknown.length; at += limits.maxPage) {
      const body = { userIds: unknown.slice(at, at + limits.maxPage) }
      const { users } = await this.#api.call(authOperations.lookUpUsers, { body })
      await this.learn(users)
    }
  }

  /** In force before it is stored, so that of two keys shown at once only one is trusted; not in force when it can't be stored. */
  async #put(userId: UserId, pin: Pin): Promise<void> {
    const former = this.#pins.get(userId)
    this.#pins.set(userId, pin)
    try {
      await this.#store.write(new Batch().put('pins', userId, pin).writes)
    } catch (error) {
      if (this.#pins.get(userId) === pin) {
        if (former) this.#pins.set(userId, former)
        else this.#pins.delete(userId)
      }
      throw error
    }
  }
}
