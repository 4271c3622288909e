import type { Trust } from '@fastchat/crypto'
import { maxMembers, type SharedPin, toBase64Url, type User, type UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Trouble } from '../trouble.ts'
import { DirectoryQueries } from './directory-queries.ts'
import { checkNames, type DirectoryUser, type Judgement, judgeUser } from './directory-user.ts'
import { type DoubtReport, DoubtReporter, troubleAbout } from './doubt-reporter.ts'
import { keepPins } from './keep-pins.ts'
import { type Found, LookUp } from './look-up.ts'
import type { PinTable } from './pin-table.ts'
import { RivalKeys } from './rival-keys.ts'
import { sharedPins, takeSharedPins } from './shared-pins.ts'

/** The parts of a device that its pins use. */
export type PinsPort = {
  readonly api: Pick<Api, 'call'>
  readonly store: Store
  /** Called when a pin is new to the other devices of this account. */
  changed(): void
  /** Reports a claim of the directory, a tree or a commit that is not believed. */
  tell(trouble: Trouble): void
  /** Adds a line to the chats with a user. Resolves when it is stored. */
  tellChats(report: DoubtReport): Promise<void>
}

/**
 * Keeps what this device knows of people: account keys and names, as the directory showed them at
 * the first look-up. A tree, commit or message never makes a pin. Another key or name is refused
 * from then on, whatever its source. First contact trusts the server.
 */
export class Pins {
  readonly #port: PinsPort
  readonly #table: PinTable
  readonly #rivals: RivalKeys
  readonly #directory: DirectoryQueries
  readonly doubts: DoubtReporter

  constructor(table: PinTable, port: PinsPort) {
    const { store } = port
    this.#port = port
    this.#table = table
    this.#directory = new DirectoryQueries(port.api)
    this.#rivals = new RivalKeys(table, store, () => port.changed())
    this.doubts = new DoubtReporter({
      tell: (trouble) => port.tell(trouble),
      tellChats: (report) => port.tellChats(report),
      pinOf: (userId) => table.get(userId),
      nameOf: (userId) => this.nameOf(userId),
      rivalled: (userId, key) => this.#rivals.note(userId, key),
      store: async (userId, pin) => {
        table.set(userId, pin)
        await store.write(new Batch().put('pins', userId, pin).writes)
      },
    })
  }

  /**
   * Returns whether each key is its user's pinned one. Makes no request: it is for users who were
   * looked up before.
   */
  readonly trust: Trust = (claims) =>
    claims.every(({ userId, accountKey }) => this.accountKeyOf(userId) === toBase64Url(accountKey))

  /**
   * Starts a look-up that judges the keys of one tree or commit. One request to the directory
   * covers all keys without a pin.
   */
  lookUp(): LookUp {
    return new LookUp({
      pinOf: (userId) => this.#table.get(userId),
      holderOf: (username) => this.#table.holderOf(username),
      ask: (userIds) => this.#directory.ask(userIds),
      refused: (userId, name = this.nameOf(userId)) => this.#port.tell(troubleAbout('key_mismatch', userId, name)),
    })
  }

  accountKeyOf(userId: UserId): string | undefined {
    return this.#table.get(userId)?.accountKey
  }

  /**
   * Returns another key than the pinned one that was shown for a user, unless the person has
   * refused it.
   */
  rivalOf(userId: UserId): string | undefined {
    return this.#rivals.of(userId)
  }

  /** Stores that the person has compared the pinned key, so that the other key stops nothing. */
  async refuseRival(userId: UserId): Promise<void> {
    await this.#rivals.refuse(userId)
  }

  /** Forgets which other keys the person has refused. */
  async reconsider(userId: UserId): Promise<void> {
    await this.#rivals.reconsider(userId)
  }

  /**
   * Replaces the pinned key by another one that the person has accepted. The directory must show
   * that key now, and it must have signed the name.
   *
   * @throws {ClientError} `no_new_key`, `name_unverified`
   */
  async accept(userId: UserId, accountKey: string): Promise<void> {
    const [shown] = await this.#directory.ask([userId])
    if (shown?.user.accountKey !== accountKey) throw new ClientError('no_new_key')
    const { username = shown.user.username } = this.#table.get(userId) ?? {}
    if (!shown.isSigned || shown.user.username !== username) throw new ClientError('name_unverified')
    await this.adoptKey(userId, accountKey)
  }

  /** Replaces the pinned key by the one that the person has accepted on a device of the account. */
  async adoptKey(userId: UserId, accountKey: string): Promise<void> {
    await this.#rivals.adopt(userId, accountKey)
  }

  /**
   * Returns the user's signed name. A name without a signature gets a suffix that no user can sign,
   * since names have no spaces.
   */
  nameOf(userId: UserId): string {
    const { username, claimed, deleted } = this.#table.get(userId) ?? {}
    const name = username ?? claimed ?? userId.slice(0, 8)
    if (deleted) return `${name} (deleted account)`
    return username ?? `${name} (unverified)`
  }

  /**
   * Pins users whom the directory has shown. A difference from a kept pin is reported and changes
   * nothing.
   */
  async learn(users: readonly User[]): Promise<void> {
    await this.#learn(await checkNames(users))
  }

  /**
   * Pins the one user who was asked for by name, like `learn`.
   *
   * @throws {ClientError} `name_unverified` unless the account key has signed that name,
   *   `name_taken` when it is another user's here, `key_changed`, `name_changed`. Nothing is pinned
   *   then.
   */
  async admit(username: string, user: User): Promise<void> {
    const [shown] = await checkNames([user])
    if (!shown) return
    const { lie } = this.#judge(shown)
    if (lie) this.doubts.report(shown.user, lie)
    if (lie && lie !== 'name_unverified') throw new ClientError(lie, this.doubts.trouble(shown.user, lie).message)
    if (user.username !== username || !shown.isSigned)
      throw new ClientError(
        'name_unverified',
        `The server does not prove that the account it shows is ${username}. Ask ${username} to log in again with a new version, or tell the operator of the server.`,
      )
    await this.#learn([shown])
  }

  /** Returns the pins that the other devices of this account may have. */
  shared(): Record<string, SharedPin> {
    return sharedPins(this.#table)
  }

  /**
   * Adds the pins of another device of this account. A pin that differs from the one here is
   * reported, and the one here stays.
   */
  async share(theirs: Readonly<Record<string, SharedPin>>): Promise<void> {
    const { writes } = takeSharedPins(this.#table, theirs, (userId, accountKey) =>
      this.doubts.report({ userId, username: this.nameOf(userId), accountKey }, 'devices_differ'),
    )
    if (writes.length > 0) await this.#port.store.write(writes)
  }

  /** Returns the user who has this signed name here. */
  holderOf(username: string): UserId | undefined {
    return this.#table.holderOf(username)
  }

  /** Asks the directory about known users again. A difference is reported and changes nothing. */
  async lookAgain(userIds: readonly UserId[]): Promise<void> {
    await this.#learn(await this.#directory.ask(userIds.slice(0, maxMembers)))
  }

  /** Asks the directory for users whose names are not known yet. */
  async resolve(userIds: readonly UserId[]): Promise<void> {
    await this.#directory.askOnce(
      userIds.filter((userId) => !this.#isNamed(userId)),
      (shown) => this.#learn(shown),
    )
  }

  /**
   * Pins the findings of a look-up, in the batch that stores the accepted tree or commit; see
   * `keepPins`.
   *
   * @throws {ClientError} `key_changed` when another key was pinned meanwhile: nothing was stored
   */
  async keep(found: Found, batch: Batch, write: () => Promise<void>): Promise<void> {
    const isNew = await keepPins(this.#table, found, { batch, write }, (user) => {
      throw new ClientError('key_changed', this.doubts.trouble(user, 'key_changed').message)
    })
    for (const { user, lie } of found.values()) if (lie) this.doubts.report(user, lie)
    if (isNew) this.#port.changed()
  }

  async #learn(shown: readonly DirectoryUser[]): Promise<void> {
    const found: Found = new Map(shown.map((one) => [one.user.userId, { user: one.user, ...this.#judge(one) }]))
    const honest = [...found].filter(([, { lie }]) => lie !== 'key_changed')
    for (const { user, lie } of found.values()) if (lie === 'key_changed') this.doubts.report(user, lie)
    const batch = new Batch()
    await this.keep(new Map(honest), batch, async () => {
      if (batch.writes.length > 0) await this.#port.store.write(batch.writes)
    })
  }

  #judge(shown: DirectoryUser): Judgement {
    const { userId, username } = shown.user
    return judgeUser(shown, this.#table.get(userId), this.#table.holderOf(username))
  }

  #isNamed(userId: UserId): boolean {
    const pin = this.#table.get(userId)
    return pin?.username !== undefined || pin?.deleted === true
  }
}
