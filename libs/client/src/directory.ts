import { authOperations, limits, type User, usernamePrefixOf } from '@fastchat/schema'
import type { Pins } from './account/pins.ts'
import { readUsername } from './names.ts'
import type { Api } from './net/api.ts'

/**
 * The number of users in one result: more than a person looks through. A narrower query finds the
 * others.
 */
const maxListed = 10_000

/**
 * Returns the users whose name begins with `query`, from all pages, each under the name that is
 * known here.
 */
export async function searchUsers(api: Api, pins: Pins, query?: string): Promise<User[]> {
  const found: User[] = []
  const prefix = query && usernamePrefixOf(query)
  let after: string | undefined
  do {
    const page = await api.call(authOperations.searchUsers, {
      query: { limit: limits.maxPage, ...(prefix && { query: prefix }), ...(after !== undefined && { after }) },
    })
    found.push(...page.users)
    after = page.next
  } while (after !== undefined && found.length < maxListed)
  await pins.learn(found)
  return found.map((user) => ({ ...user, username: pins.nameOf(user.userId) }))
}

/**
 * Returns the user whose account key has signed that name.
 *
 * @throws {ServerError} `not_found`
 * @throws {ClientError} `invalid_name`, `name_unverified`, `name_taken`, `key_changed`,
 *   `name_changed`
 */
export async function findUser(api: Api, pins: Pins, written: string): Promise<User> {
  const username = readUsername(written)
  const user = await api.call(authOperations.getUser, { params: { username } })
  await pins.admit(username, user)
  return user
}
