import type { User, UserId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { newId } from '../testing/devices.ts'
import { searchUsers, userPage } from './directory.ts'

// A directory of users in pages. Its last page may name itself again.
let users: User[]
let asked: { limit?: number; after?: string }[]
let isEndless: boolean
beforeEach(() => {
  ;[asked, isEndless] = [[], false]
  // A user of the directory has more fields. The pages use none of them.
  users = Array.from({ length: 250 }, (_, n) => ({ userId: newId<UserId>(), username: `user${n}` }) as User)
})
const api = {
  call: async (_: unknown, { query }: { query: { limit: number; after?: string } }) => {
    asked.push(query)
    const from = query.after === undefined ? 0 : Number(query.after)
    const next =
      from + query.limit < users.length || isEndless ? { next: `${isEndless ? 100 : from + query.limit}` } : {}
    return { users: users.slice(from, from + query.limit), ...next }
  },
} as never
const pins = {
  learn: async () => {},
  nameOf: (id: UserId) => users.find(({ userId }) => userId === id)!.username,
} as never

test('users come a page at a time, and all of them when they are wanted', async () => {
  const first = await userPage(api, pins, undefined, { limit: 20 })
  expect([first.users.length, first.next]).toEqual([20, '20'])
  const second = await userPage(api, pins, undefined, { limit: 20, after: first.next! })
  expect(second.users[0]?.username).toBe('user20')
  expect(await searchUsers(api, pins)).toHaveLength(250)
})

test('a search for users ends when its signal says so', async () => {
  const stop = new AbortController()
  const stopping = {
    call: async (...args: never[]) => {
      const page = await (api as { call: (...args: never[]) => Promise<unknown> }).call(...args)
      stop.abort(new Error('enough'))
      return page
    },
  } as never
  await expect(searchUsers(stopping, pins, undefined, stop.signal)).rejects.toThrow('enough')
  expect(asked).toHaveLength(1)
})

test('a server that names the same page again is left', async () => {
  isEndless = true
  const found = await searchUsers(api, pins)
  // Two pages came, and the second one named itself.
  expect(asked.map(({ after }) => after)).toEqual([undefined, '100'])
  expect(found.length).toBeGreaterThan(100)
})
