import { authOperations, maxMembers, type UserId } from '@fastchat/schema'
import type { Api } from '../net/api.ts'
import { checkNames, type DirectoryUser } from './directory-user.ts'

/**
 * The number of users without a signed name whom this process does not ask for again. The oldest
 * are forgotten first.
 */
const maxAsked = 10_000

/** Asks the directory about users by id. */
export class DirectoryQueries {
  readonly #api: Pick<Api, 'call'>
  readonly #asked = new Set<UserId>()

  constructor(api: Pick<Api, 'call'>) {
    this.#api = api
  }

  /** Asks in one request. Returns the users that were asked for, each once, with checked names. */
  async ask(userIds: readonly UserId[]): Promise<DirectoryUser[]> {
    const { users } = await this.#api.call(authOperations.lookUpUsers, { body: { userIds: [...userIds] } })
    const asked = new Set(userIds)
    return await checkNames(users.filter(({ userId }) => asked.delete(userId)))
  }

  /** Asks page by page for the users whom this process has not asked for in this way. */
  async askOnce(userIds: readonly UserId[], learn: (shown: DirectoryUser[]) => Promise<void>): Promise<void> {
    const unknown = [...new Set(userIds)].filter((userId) => !this.#asked.has(userId))
    for (let at = 0; at < unknown.length; at += maxMembers) {
      const page = unknown.slice(at, at + maxMembers)
      await learn(await this.ask(page))
      for (const userId of page) this.#asked.add(userId)
      for (const userId of this.#asked) {
        if (this.#asked.size <= maxAsked) break
        this.#asked.delete(userId)
      }
    }
  }
}
