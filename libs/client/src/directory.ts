import { authOperations, limits, type User, usernamePrefixOf } from '@fastchat/schema'
import type { Pins } from './account/pins.ts'
import { readUsername } from './names.ts'
import type { Api } from './net/api.ts'

/** More people than one looks through; whoever is not among them is found by a narrower query. */
const maxListed = 10_000

/** Users whose name begins with `query`, all pages of them; each under the name that is known of them here. */
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
 * The user whose account key has signed that name.
 *
 * @throws {ServerError} `not_found`; {ClientError} `invalid_name`, `name_unverified`, `name_taken`, `key_changed`, `name_changed`
 */
export async function findUser(api: Api, pins: Pins, written: string): Promise<User> {
  const username = readUsername(written)
  const user = await api.call(authOperations.getUser, { params: { username } })
  await pins.admit(username, user)
  return user
}
