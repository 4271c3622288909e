import { authOperations } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, signUp, startAuth } from './auth.ts'

let auth: Auth
let token: string
const people: Awaited<ReturnType<typeof signUp>>[] = []
const names = ['ann', 'ann-b', 'ann.c', 'ann0', 'anna', 'ann_d', 'bert']
beforeAll(async () => {
  auth = await startAuth()
  for (const name of names) people.push(await signUp(auth, name))
  token = (await (await signUp(auth, 'zoe')).addDevice()).tokens.accessToken
})
afterAll(() => auth.stop())

const search = async (query: Record<string, string>) => {
  const { body } = await auth.call(authOperations.searchUsers, { query, token })
  return { names: body.users.map(({ username }) => username), next: body.next }
}

test('a search returns names with the prefix, in byte order', async () => {
  const found = names.filter((name) => name.startsWith('ann')).sort((a, b) => (a < b ? -1 : 1))
  expect(await search({ query: 'ann' })).toEqual({ names: found, next: undefined })
  for (const query of ['ANN_', '\uff21nn_']) expect((await search({ query })).names).toEqual(['ann_d'])
  expect((await search({ query: '%' })).names).toEqual([])
  expect((await search({ query: 'a\u0000' })).names).toEqual([])
  expect((await search({})).names).toHaveLength(names.length + 1)
})

test('pages continue without a gap or a double', async () => {
  const seen: string[] = []
  let after: string | undefined
  do {
    const page = await search({ query: 'ann', limit: '2', ...(after !== undefined && { after }) })
    expect(page.names.length).toBeLessThanOrEqual(2)
    seen.push(...page.names)
    after = page.next
  } while (after !== undefined)
  expect(seen).toEqual((await search({ query: 'ann' })).names)
})

test('users are found by id and by name', async () => {
  const ann = await auth.call(authOperations.getUser, { params: { username: 'ann' }, token })
  const inCapitals = await auth.call(authOperations.getUser, { params: { username: 'ANN' }, token })
  expect(inCapitals.body).toEqual(ann.body)
  const { userId, accountKey, nameSig } = people[0] ?? {}
  expect(ann.body).toEqual({ userId, username: 'ann', accountKey, nameSig })
  const unknown = '00000000-0000-7000-8000-000000000000' as typeof ann.body.userId
  const found = await auth.call(authOperations.lookUpUsers, { body: { userIds: [unknown, ann.body.userId] }, token })
  expect(found.body).toEqual({ users: [ann.body] })
  const listed = await auth.call(authOperations.searchUsers, { query: { query: 'ann', limit: '1' }, token })
  expect(listed.body.users).toEqual([ann.body])
  const nobody = await auth.call(authOperations.getUser, { params: { username: 'nobody' }, token })
  expect(nobody).toMatchObject({ status: 404, code: 'not_found' })
})

test.each([
  { limit: '0' },
  { limit: '201' },
  { limit: 'x' },
  { query: 'x'.repeat(33) },
  { after: 'A' },
  { other: 'x' },
])('refuses the query %j', async (query) => {
  expect((await auth.call(authOperations.searchUsers, { query, token })).code).toBe('bad_request')
})
