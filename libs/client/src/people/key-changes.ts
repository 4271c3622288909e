import { safetyNumber } from '@fastchat/crypto'
import { fromBase64Url, type UserId } from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import { ClientError } from '../errors.ts'
import type { Identity } from '../store/records.ts'
import type { PeopleBook } from './people-book.ts'

type Port = {
  readonly identity: Pick<Identity, 'userId' | 'accountKey'>
  readonly pins: Pick<Pins, 'accountKeyOf' | 'rivalOf' | 'nameOf' | 'refuseRival' | 'reconsider' | 'accept'>
  readonly book: Pick<PeopleBook, 'about' | 'mark' | 'acceptKey'>
}

/** Another key than the pinned one that was shown for a person, with both safety numbers. */
export type KeyChange = {
  /** The number with the key that this device goes on to use. */
  readonly knownNumber: string
  /** The number with the other key. */
  readonly shownNumber: string
  readonly shownKey: string
}

/**
 * Safety numbers, verified marks, and what follows when another key is shown for a person. FastChat
 * has no way to change an account key, so another key is a claim of the server, or of another own
 * device that believed it. The pinned key stays until this person accepts the other one.
 */
export class KeyChanges {
  readonly #port: Port

  constructor(port: Port) {
    this.#port = port
  }

  /**
   * Returns the safety number with a person: 60 digits in 12 groups of 5. Takes about 60 ms.
   *
   * @throws {ClientError} `only_others`, `key_unknown`
   */
  numberWith(userId: UserId, key = this.#port.pins.accountKeyOf(userId)): string {
    const { identity } = this.#port
    this.refuseMyself(userId)
    if (key === undefined) throw new ClientError('key_unknown')
    const mine = { userId: identity.userId, accountKey: fromBase64Url(identity.accountKey) }
    return safetyNumber({ mine, theirs: { userId, accountKey: fromBase64Url(key) } })
  }

  /** @throws {ClientError} `only_others` when this is the account itself */
  refuseMyself(userId: UserId): void {
    if (userId === this.#port.identity.userId) throw new ClientError('only_others')
  }

  /** Returns whether the pinned key of this person is the one that was compared. */
  isVerified(userId: UserId): boolean {
    const { key } = this.#port.book.about(userId).mark ?? {}
    return key !== undefined && key === this.#port.pins.accountKeyOf(userId)
  }

  /** Returns the other key that was shown for a person, if this person has not decided about it. */
  changeOf(userId: UserId): KeyChange | undefined {
    const shownKey = this.#port.pins.rivalOf(userId)
    if (shownKey === undefined) return undefined
    return { shownKey, knownNumber: this.numberWith(userId), shownNumber: this.numberWith(userId, shownKey) }
  }

  /**
   * Checks that nothing stops this person from writing to somebody, or from adding them to a group.
   *
   * @throws {ClientError} `user_blocked`, `verified_key_changed`
   */
  check(userId: UserId): void {
    const { pins, book } = this.#port
    const name = pins.nameOf(userId)
    if (book.about(userId).standing?.is === 'blocked')
      throw new ClientError('user_blocked', `You have blocked ${name}. Unblock ${name} first`)
    if (this.isVerified(userId) && pins.rivalOf(userId) !== undefined)
      throw new ClientError(
        'verified_key_changed',
        `The server shows another key for ${name}, whom you have verified. Compare your safety numbers again, outside this server`,
      )
  }

  /**
   * Marks the pinned key of a person as compared. Another key that was shown stops nothing then.
   *
   * @throws {ClientError} `key_unknown`
   */
  async mark(userId: UserId): Promise<void> {
    const key = this.#port.pins.accountKeyOf(userId)
    if (key === undefined) throw new ClientError('key_unknown')
    await this.#port.book.mark(userId, key)
    await this.#port.pins.refuseRival(userId)
  }

  /** Takes the mark back. A key that was refused before is told again. */
  async unmark(userId: UserId): Promise<void> {
    await this.#port.pins.reconsider(userId)
    if (this.#port.book.about(userId).mark?.key !== undefined) await this.#port.book.mark(userId, undefined)
  }

  /**
   * Compares digits that the other person has shown or read out, and marks the person as verified
   * if they are the safety number.
   *
   * @throws {ClientError} `numbers_differ`, `key_unknown`, `only_others`
   */
  async compare(userId: UserId, digits: string): Promise<void> {
    if (digits.replace(/\D/g, '') !== this.numberWith(userId).replace(/\D/g, ''))
      throw new ClientError('numbers_differ')
    await this.mark(userId)
  }

  /**
   * Takes another key in place of the pinned one. The directory must still show it. The person is
   * no longer marked as verified.
   *
   * @throws {ClientError} `no_new_key`, `name_unverified`
   */
  async accept(userId: UserId, shownKey: string): Promise<void> {
    await this.#port.pins.accept(userId, shownKey)
    await this.#port.book.acceptKey(userId, shownKey)
    await this.unmark(userId)
  }
}
