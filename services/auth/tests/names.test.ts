import { signName } from '@fastchat/crypto'
import { authOperations, toBase64Url, type UserId } from '@fastchat/schema'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, newId, signUp, signupBody, startAuth } from './auth.ts'

let auth: Auth
let database: pg.Client
beforeAll(async () => {
  auth = await startAuth()
  database = new pg.Client(auth.databaseUrl)
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await auth.stop()
})

type Person = Awaited<ReturnType<typeof signUp>>
const sign = (person: Person, nameSig: string) =>
  auth.call(authOperations.signName, { body: { nameSig }, token: person.enrolToken })
const statementOf = ({ accountPrivate, userId }: Person, username: string) =>
  toBase64Url(signName(accountPrivate, { userId, username }))
/** Makes an account without a name signature, as accounts from before signed names are. */
async function unsigned(username: string): Promise<Person> {
  const person = await signUp(auth, username)
  await database.query('update "user" set name_sig = null where username = $1', [username])
  return person
}

test.each([
  ['another name', (username: string) => ({ ...signupBody('other').body, username })],
  ['another user id', (username: string) => ({ ...signupBody(username).body, userId: newId<UserId>() })],
  [
    'another account key',
    (username: string) => ({ ...signupBody(username).body, accountKey: toBase64Url(new Uint8Array(32).fill(7)) }),
  ],
])('nobody signs up with a signature of %s, and the name stays free', async (_, bodyOf) => {
  const refused = await auth.call(authOperations.signup, { body: bodyOf('fresh') })
  expect(refused).toMatchObject({ status: 422, code: 'name_invalid' })
  const { rows } = await database.query(`select 1 from "user" where username = 'fresh'`)
  expect(rows).toEqual([])
})

test('every answer with a user has its name signature', async () => {
  const ann = await signUp(auth, 'ann')
  const { accessToken: token } = (await (await signUp(auth, 'reader')).addDevice()).tokens
  const user = { userId: ann.userId, username: 'ann', accountKey: ann.accountKey, nameSig: ann.nameSig }
  const { body: login } = await auth.call(authOperations.login, { body: { username: 'ann', password: ann.password } })
  expect(login.user).toEqual(user)
  expect((await auth.call(authOperations.getUser, { params: { username: 'ann' }, token })).body).toEqual(user)
  const found = await auth.call(authOperations.searchUsers, { query: { query: 'ann' }, token })
  expect(found.body.users).toEqual([user])
  const known = await auth.call(authOperations.lookUpUsers, { body: { userIds: [ann.userId] }, token })
  expect(known.body.users).toEqual([user])
  const claimed = await auth.call(authOperations.claimKeyPackages, { body: { userId: ann.userId }, token })
  expect(claimed.body.user).toEqual(user)
})

test('an account without a name signature gets one once, and repeating the request is harmless', async () => {
  const old = await unsigned('old')
  const shown = async () => {
    const { body } = await auth.call(authOperations.login, { body: { username: 'old', password: old.password } })
    return body.user.nameSig
  }
  expect(await shown()).toBeUndefined()
  const nameSig = statementOf(old, 'old')
  for (let time = 0; time < 2; time++) {
    expect((await sign(old, nameSig)).status).toBe(204)
    expect(await shown()).toBe(nameSig)
  }
})

test('a name signature of another key, name or user is rejected', async () => {
  const [old, other] = [await unsigned('older'), await signUp(auth, 'other')]
  for (const nameSig of [other.nameSig, statementOf(other, 'older'), statementOf(old, 'other')])
    expect(await sign(old, nameSig)).toMatchObject({ status: 422, code: 'name_invalid' })
  const { rows } = await database.query(`select name_sig from "user" where username = 'older'`)
  expect(rows).toEqual([{ name_sig: null }])
})

test('a deleted account gets no name signature', async () => {
  const gone = await unsigned('gone')
  await database.query(`select delete_account('gone')`)
  expect((await sign(gone, statementOf(gone, 'gone'))).code).toBe('unauthorized')
})

test('look-ups beyond the limit are rejected', async () => {
  const curious = (await (await signUp(auth, 'curious')).addDevice()).tokens.accessToken
  const lookUp = async () =>
    (await auth.call(authOperations.lookUpUsers, { body: { userIds: [newId<UserId>()] }, token: curious })).code
  const codes = await Promise.all(Array.from({ length: 601 }, lookUp))
  expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(1)
  expect(codes.filter((code) => code === undefined)).toHaveLength(600)
})
