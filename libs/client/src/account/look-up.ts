import type { CredentialClaims } from '@fastchat/crypto/verify'
import { toBase64Url, type UserId } from '@fastchat/schema'
import type { Pin } from '../store/records.ts'
import { type DirectoryUser, type Judgement, judgeUser } from './directory-user.ts'

/** The functions of the pins that a look-up calls. */
type Port = {
  pinOf(userId: UserId): Pin | undefined
  holderOf(username: string): UserId | undefined
  /** Makes one request to the directory. */
  ask(userIds: readonly UserId[]): Promise<readonly DirectoryUser[]>
  /** Reports that the directory has another key for this user. */
  refused(userId: UserId, name: string | undefined): void
}

type Claim = Pick<CredentialClaims, 'userId' | 'accountKey'>

export type Found = ReadonlyMap<UserId, Judgement & { readonly user: DirectoryUser['user'] }>

/**
 * Judges the account keys of one tree or commit by the directory. Its findings are kept only when
 * they are given to `Pins.keep`.
 */
export class LookUp {
  readonly #port: Port
  #found: Found = new Map()
  #refused: UserId | undefined

  constructor(port: Port) {
    this.#port = port
  }

  /** The users to pin once the tree or commit is accepted. Empty when it was refused. */
  get found(): Found {
    return this.#found
  }

  /** The user whose key was refused. */
  get refused(): UserId | undefined {
    return this.#refused
  }

  /**
   * Returns whether each key is the one that is pinned or that the directory shows. A user without
   * a directory entry passes with one key and is not pinned.
   *
   * @throws {Unreachable | ServerError} when the directory does not answer: that decides nothing
   */
  readonly trust = async (claims: readonly Claim[]): Promise<boolean> => await this.#check(claims, true)

  /**
   * Like `trust`, but a user without a directory entry does not pass. Use it for a statement
   * outside a group, which nothing else supports.
   */
  readonly knows = async (claims: readonly Claim[]): Promise<boolean> => await this.#check(claims, false)

  async #check(claims: readonly Claim[], mayBeAbsent: boolean): Promise<boolean> {
    const strangers = new Set<UserId>()
    for (const { userId } of claims) if (this.#port.pinOf(userId)?.accountKey === undefined) strangers.add(userId)
    const shown = strangers.size === 0 ? [] : await this.#port.ask([...strangers])
    const keys = new Map<UserId, string>(shown.map(({ user }) => [user.userId, user.accountKey]))
    for (const { userId, accountKey } of claims) {
      const key = toBase64Url(accountKey)
      const expected = this.#port.pinOf(userId)?.accountKey ?? keys.get(userId)
      if (expected === undefined && !mayBeAbsent) return false
      if (expected !== undefined && key !== expected) return this.#refuse(userId, shown)
      keys.set(userId, key)
    }
    this.#found = new Map(shown.map((one) => [one.user.userId, this.#judge(one)]))
    return true
  }

  #judge(one: DirectoryUser) {
    const { user } = one
    return { user, ...judgeUser(one, this.#port.pinOf(user.userId), this.#port.holderOf(user.username)) }
  }

  #refuse(userId: UserId, shown: readonly DirectoryUser[]): false {
    const known = shown.find(({ user, isSigned }) => isSigned && user.userId === userId)
    this.#refused = userId
    this.#port.refused(userId, known?.user.username)
    return false
  }
}
