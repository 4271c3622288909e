import { authOperations, toBase64Url } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, newId, signUp, startAuth } from './auth.ts'

let auth: Auth
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const accountKey = toBase64Url(new Uint8Array(32).fill(7))
const kdf = {
  algorithm: 'argon2id',
  salt: toBase64Url(new Uint8Array(16)),
  memoryKiB: 65_536,
  iterations: 3,
  parallelism: 1,
} as const
const vault = { version: 3, body: toBase64Url(new Uint8Array(64).fill(9)) }

test('signup answers with the user, login with what opens the account again', async () => {
  const body = { username: 'alice', password: 'correct horse', accountKey, kdf, vault }
  const created = await auth.call(authOperations.signup, { body })
  expect(created.status).toBe(201)
  expect(created.body.user).toEqual({ userId: expect.any(String), username: 'alice', accountKey })
  const login = await auth.call(authOperations.login, { body: { username: 'alice', password: 'correct horse' } })
  expect(login.status).toBe(200)
  expect(login.body).toEqual({ user: created.body.user, kdf, vault, enrolToken: expect.any(String) })
  expect((await auth.call(authOperations.kdf, { query: { username: 'alice' } })).body).toEqual(kdf)
})

test('any string is a password to a plain REST client, and the client may choose the user id', async () => {
  const userId = newId<never>()
  const body = { username: 'plain', password: 'p\u0000ö', accountKey, userId }
  expect((await auth.call(authOperations.signup, { body })).body.user.userId).toBe(userId)
  const login = await auth.call(authOperations.login, { body: { username: 'plain', password: 'p\u0000ö' } })
  expect(Object.keys(login.body).sort()).toEqual(['enrolToken', 'user'])
})

test('a password has from 1 to 128 characters, whatever they are', async () => {
  const signUpWith = (username: string, password: string) =>
    auth.call(authOperations.signup, { body: { username, password, accountKey } })
  expect((await signUpWith('longest', 'ö'.repeat(128))).status).toBe(201)
  expect((await signUpWith('shortest', ' ')).status).toBe(201)
  for (const password of ['', 'x'.repeat(129)])
    expect(await signUpWith('none', password)).toMatchObject({ status: 400, code: 'bad_request' })
})

test('a name is given once, also to those who ask at the same time; an id, too', async () => {
  const ask = (username: string, userId = newId<never>()) =>
    auth.call(authOperations.signup, { body: { username, password: 'x', accountKey, userId } })
  const answers = await Promise.all([ask('bob'), ask('bob'), ask('bob')])
  expect(answers.map(({ code = 'ok' }) => code).sort()).toEqual(['ok', 'username_taken', 'username_taken'])
  const taken = answers.find(({ status }) => status === 201)?.body.user.userId
  expect(await ask('bob2', taken as never)).toMatchObject({ status: 409, code: 'conflict' })
})

test.each(['Alice', 'al ice', '-alice', 'a'.repeat(33), '', 'ålice', 'alice\u0000'])(
  '"%s" is no username',
  async (username) => {
    const answer = await auth.call(authOperations.signup, { body: { username, password: 'x', accountKey } })
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
  },
)

test('a key whose last letter carries stray bits is refused', async () => {
  const stray = `${accountKey.slice(0, -1)}d`
  const answer = await auth.call(authOperations.signup, {
    body: { username: 'stray', password: 'x', accountKey: stray },
  })
  expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
})

test('an unknown name is answered as a wrong password is, letter for letter', async () => {
  await signUp(auth, 'carol')
  const wrong = await auth.call(authOperations.login, { body: { username: 'carol', password: 'nope' } })
  const unknown = await auth.call(authOperations.login, { body: { username: 'nobody', password: 'nope' } })
  const withoutId = (raw: string) => raw.replace(/"requestId":"[^"]+"/, '')
  expect([wrong.status, wrong.code]).toEqual([401, 'wrong_credentials'])
  expect([unknown.status, withoutId(unknown.raw)]).toEqual([wrong.status, withoutId(wrong.raw)])
  expect(Object.keys(unknown.headers).sort()).toEqual(Object.keys(wrong.headers).sort())
})

test('logins are counted by what came of them, and with them the work of hashing', async () => {
  const counted = async (series: RegExp) => Number(series.exec(await auth.metrics.metrics())?.[1] ?? 0)
  const logins = (result: string) => counted(new RegExp(`^auth_logins_total\\{.*result="${result}".*\\} (\\d+)$`, 'm'))
  const hashed = () => counted(/^auth_hash_total\{.*\} (\d+)$/m)
  const { username, password } = await signUp(auth, 'counted')
  const before = { ok: await logins('ok'), wrong: await logins('wrong_credentials'), hashed: await hashed() }
  await auth.call(authOperations.login, { body: { username, password } })
  await auth.call(authOperations.login, { body: { username, password: 'nope' } })
  const after = { ok: await logins('ok'), wrong: await logins('wrong_credentials'), hashed: await hashed() }
  expect(after).toEqual({ ok: before.ok + 1, wrong: before.wrong + 1, hashed: before.hashed + 2 })
  expect(await counted(/^auth_hash_running\{.*\} (\d+)$/m)).toBe(0)
  expect(await auth.metrics.metrics()).not.toContain(username)
})

test('the parameters of a name do not tell whether it exists', async () => {
  const kdfOf = async (username: string) => (await auth.call(authOperations.kdf, { query: { username } })).body
  const [existing, unknown] = [await kdfOf('carol'), await kdfOf('nobody')]
  expect({ ...unknown, salt: '' }).toEqual({ ...kdf, salt: '' })
  expect({ ...existing, salt: '' }).toEqual({ ...kdf, salt: '' })
  expect(unknown.salt).toHaveLength(22)
  expect(unknown.salt).not.toBe(existing.salt)
  expect(await kdfOf('nobody')).toEqual(unknown)
})

test('guessing at one account is slowed down, whatever the guesses, and only where it comes from', async () => {
  const strict = await startAuth({ GUESSES_BEFORE_DELAY: '3', TRUST_PROXY: '127.0.0.1' })
  await signUp(strict, 'victim', 'right')
  const guess = (password: string, from: string) =>
    strict.call(authOperations.login, { body: { username: 'victim', password }, from })
  // At once: a try counts before it is known to be wrong.
  const answers = await Promise.all(Array.from({ length: 9 }, () => guess('guess', '203.0.113.1')))
  expect(answers.filter(({ code }) => code === 'wrong_credentials')).toHaveLength(3)
  const refused = answers.filter(({ code }) => code === 'rate_limited')
  expect(refused).toHaveLength(6)
  for (const { headers } of refused) expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  expect((await guess('right', '203.0.113.2')).status).toBe(200)
  await strict.stop()
})

test('who gets the password right starts anew', async () => {
  const strict = await startAuth({ GUESSES_BEFORE_DELAY: '3' })
  await signUp(strict, 'clumsy', 'right')
  const log = async (password: string) =>
    (await strict.call(authOperations.login, { body: { username: 'clumsy', password } })).status
  for (let day = 0; day < 3; day++)
    expect([await log('wrong'), await log('wrong'), await log('right')]).toEqual([401, 401, 200])
  await strict.stop()
})

test('logins at one account are limited wherever they come from; others are not', async () => {
  const strict = await startAuth({ RATE_PER_ACCOUNT_MINUTE: '3' })
  const guess = (username: string) => strict.call(authOperations.login, { body: { username, password: 'guess' } })
  const codes = []
  for (let tries = 0; tries < 4; tries++) codes.push((await guess('victim')).code)
  expect(codes).toEqual([...Array(3).fill('wrong_credentials'), 'rate_limited'])
  expect(Number((await guess('victim')).headers['retry-after'])).toBeGreaterThan(0)
  expect((await guess('other')).code).toBe('wrong_credentials')
  await strict.stop()
})

test('one address may ask so often and no more', async () => {
  const strict = await startAuth({ RATE_PER_IP_MINUTE: '2' })
  const ask = () => strict.call(authOperations.kdf, { query: { username: 'x' } })
  expect([(await ask()).status, (await ask()).status, (await ask()).code]).toEqual([200, 200, 'rate_limited'])
  await strict.stop()
})
