import { authOperations, limits, type User, usernamePrefixOf } from '@fastchat/schema'
import type { Pins } from './account/pins.ts'
import { readUsername } from './names.ts'
import type { Api } from './net/api.ts'

/**
 * The number of users in one result: more than a person looks through. A narrower query finds the
 * others.
 */
const maxListed = 10_000

/** A page of users. `next` is `after` of the next page, if there is one. */
export type UserPage = { readonly users: readonly User[]; readonly next?: string }

export type UserPageOptions = {
  /** The last name of the page before. */
  readonly after?: string
  readonly limit?: number
  /** Ends the request. The call then throws the reason of the signal. */
  readonly signal?: AbortSignal
}

/**
 * Returns a page of the users whose name begins with `query`, in the order of their names, each
 * under the name that is known here.
 */
export async function userPage(
  api: Api,
  pins: Pins,
  query?: string,
  { after, limit = limits.maxPage, signal }: UserPageOptions = {},
): Promise<UserPage> {
  signal?.throwIfAborted()
  const prefix = query && usernamePrefixOf(query)
  const request = {
    query: {
      limit: Math.min(limit, limits.maxPage),
      ...(prefix && { query: prefix }),
      ...(after !== undefined && { after }),
    },
    ...(signal && { signal }),
  }
  const page = await api.call(authOperations.searchUsers, request).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw error
  })
  await pins.learn(page.users)
  const users = page.users.map((user) => ({ ...user, username: pins.nameOf(user.userId) }))
  // A server that names the same page again would never come to an end.
  const isMore = page.next !== undefined && page.next !== after && users.length > 0
  return { users, ...(isMore && { next: page.next }) }
}

/**
 * Returns the users whose name begins with `query`, from all pages, each under the name that is
 * known here.
 */
export async function searchUsers(api: Api, pins: Pins, query?: string, signal?: AbortSignal): Promise<User[]> {
  const found: User[] = []
  let after: string | undefined
  do {
    const page = await userPage(api, pins, query, { ...(after !== undefined && { after }), ...(signal && { signal }) })
    found.push(...page.users)
    after = page.next
  } while (after !== undefined && found.length < maxListed)
  return found
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
