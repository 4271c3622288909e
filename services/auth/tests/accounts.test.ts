import { authOperations, toBase64Url, type UserId } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, signUp, signupBody, startAuth } from './auth.ts'

let auth: Auth
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const kdf = {
  algorithm: 'argon2id',
  salt: toBase64Url(new Uint8Array(16)),
  memoryKiB: 65_536,
  iterations: 3,
  parallelism: 1,
} as const
const vault = { version: 3, body: toBase64Url(new Uint8Array(64).fill(9)) }

test('a sign-up returns the user, a login also its vault and parameters', async () => {
  const { password, ...user } = signupBody('alice', { password: 'correct horse' }).body
  const created = await auth.call(authOperations.signup, { body: { ...user, password, kdf, vault } })
  expect(created.status).toBe(201)
  expect(created.body.user).toEqual(user)
  const login = await auth.call(authOperations.login, { body: { username: 'alice', password: 'correct horse' } })
  expect(login.status).toBe(200)
  expect(login.body).toEqual({ user: created.body.user, kdf, vault, enrolToken: expect.any(String) })
  expect((await auth.call(authOperations.kdf, { query: { username: 'alice' } })).body).toEqual(kdf)
})

test('any string is a password to a plain REST client', async () => {
  const { body } = signupBody('plain', { password: 'p\u0000ö' })
  expect((await auth.call(authOperations.signup, { body })).status).toBe(201)
  const login = await auth.call(authOperations.login, { body: { username: 'plain', password: 'p\u0000ö' } })
  expect(Object.keys(login.body).sort()).toEqual(['enrolToken', 'user'])
})

test('a password has 1 to 128 characters of any kind', async () => {
  const signUpWith = (username: string, password: string) =>
    auth.call(authOperations.signup, { body: signupBody(username, { password }).body })
  expect((await signUpWith('longest', 'ö'.repeat(128))).status).toBe(201)
  expect((await signUpWith('shortest', ' ')).status).toBe(201)
  for (const password of ['', 'x'.repeat(129)])
    expect(await signUpWith('none', password)).toMatchObject({ status: 400, code: 'bad_request' })
})

test('a name or an id is given only once, even to simultaneous sign-ups', async () => {
  const ask = (username: string, userId?: UserId) =>
    auth.call(authOperations.signup, { body: signupBody(username, { ...(userId && { userId }) }).body })
  const answers = await Promise.all([ask('bob'), ask('bob'), ask('bob')])
  expect(answers.map(({ code = 'ok' }) => code).sort()).toEqual(['ok', 'username_taken', 'username_taken'])
  const taken = answers.find(({ status }) => status === 201)?.body.user.userId
  expect(await ask('bob2', taken)).toMatchObject({ status: 409, code: 'conflict' })
})

test.each(['al ice', ' alice', 'al\u200bice', '\u0430lice', '-alice', 'a'.repeat(33), '', 'ålice', 'alice\u0000'])(
  '"%s" is no username',
  async (username) => {
    const answer = await auth.call(authOperations.signup, { body: signupBody(username).body })
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
  },
)

test('capitals and full-width letters make neither a second account nor a second budget of guesses', async () => {
  const first = signupBody('erin')
  const created = await auth.call(authOperations.signup, { body: { ...first.body, username: 'Erin' } })
  expect(created.body.user.username).toBe('erin')
  for (const username of ['erin', 'ERIN', '\uff25rin']) {
    const again = await auth.call(authOperations.signup, { body: { ...signupBody('erin').body, username } })
    expect(again.code).toBe('username_taken')
    const login = await auth.call(authOperations.login, { body: { username, password: first.body.password } })
    expect(login.body.user.userId).toBe(first.body.userId)
  }
  const [one, other] = await Promise.all(
    ['stranger', 'Stranger'].map((username) => auth.call(authOperations.kdf, { query: { username } })),
  )
  expect(other?.body).toEqual(one?.body)
})

test('the signed name is the canonical form', async () => {
  const { body } = signupBody('Frank')
  expect(await auth.call(authOperations.signup, { body })).toMatchObject({ status: 422, code: 'name_invalid' })
})

test('a key whose last letter has stray bits is rejected', async () => {
  const { body } = signupBody('stray')
  const stray = (text: string) => `${text.slice(0, -1)}d`
  for (const change of [{ accountKey: stray(body.accountKey) }, { nameSig: stray(body.nameSig) }]) {
    const answer = await auth.call(authOperations.signup, { body: { ...body, ...change } })
    expect(answer).toMatchObject({ status: 400, code: 'bad_request' })
  }
})

test('an unknown name gets the same answer as a wrong password', async () => {
  await signUp(auth, 'carol')
  const wrong = await auth.call(authOperations.login, { body: { username: 'carol', password: 'nope' } })
  const unknown = await auth.call(authOperations.login, { body: { username: 'nobody', password: 'nope' } })
  const withoutId = (raw: string) => raw.replace(/"requestId":"[^"]+"/, '')
  expect([wrong.status, wrong.code]).toEqual([401, 'wrong_credentials'])
  expect([unknown.status, withoutId(unknown.raw)]).toEqual([wrong.status, withoutId(wrong.raw)])
  expect(Object.keys(unknown.headers).sort()).toEqual(Object.keys(wrong.headers).sort())
})

test('logins are counted by result, and so are the hashed passwords', async () => {
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

test('the parameters of a name do not reveal whether it exists', async () => {
  const kdfOf = async (username: string) => (await auth.call(authOperations.kdf, { query: { username } })).body
  const [existing, unknown] = [await kdfOf('carol'), await kdfOf('nobody')]
  expect({ ...unknown, salt: '' }).toEqual({ ...kdf, salt: '' })
  expect({ ...existing, salt: '' }).toEqual({ ...kdf, salt: '' })
  expect(unknown.salt).toHaveLength(22)
  expect(unknown.salt).not.toBe(existing.salt)
  expect(await kdfOf('nobody')).toEqual(unknown)
})

test('wrong passwords slow down only the network that they come from', async () => {
  const strict = await startAuth({ GUESSES_BEFORE_DELAY: '3', TRUST_PROXY: '127.0.0.1' })
  await signUp(strict, 'victim', 'right')
  const guess = (password: string, from: string) =>
    strict.call(authOperations.login, { body: { username: 'victim', password }, from })
  // The guesses run in parallel, because a try counts before its result is known.
  const answers = await Promise.all(Array.from({ length: 9 }, () => guess('guess', '203.0.113.1')))
  expect(answers.filter(({ code }) => code === 'wrong_credentials')).toHaveLength(3)
  const refused = answers.filter(({ code }) => code === 'rate_limited')
  expect(refused).toHaveLength(6)
  for (const { headers } of refused) expect(Number(headers['retry-after'])).toBeGreaterThan(0)
  expect((await guess('right', '203.0.113.2')).status).toBe(200)
  await strict.stop()
})

test('the right password clears the count of wrong ones', async () => {
  const strict = await startAuth({ GUESSES_BEFORE_DELAY: '3' })
  await signUp(strict, 'clumsy', 'right')
  const log = async (password: string) =>
    (await strict.call(authOperations.login, { body: { username: 'clumsy', password } })).status
  for (let day = 0; day < 3; day++)
    expect([await log('wrong'), await log('wrong'), await log('right')]).toEqual([401, 401, 200])
  await strict.stop()
})

/** Settings in which one network reaches its limit before the delay for wrong passwords begins. */
const limitedLogins = { RATE_PER_ACCOUNT_MINUTE: '3', GUESSES_BEFORE_DELAY: '1000', TRUST_PROXY: '127.0.0.1' }

test("guesses from other networks do not use up the owner's logins", async () => {
  const strict = await startAuth(limitedLogins)
  await signUp(strict, 'victim', 'right')
  const log = (username: string, password: string, from: string) =>
    strict.call(authOperations.login, { body: { username, password }, from })
  const codes = []
  for (let tries = 0; tries < 4; tries++) codes.push((await log('victim', 'guess', '203.0.113.1')).code)
  expect(codes).toEqual([...Array(3).fill('wrong_credentials'), 'rate_limited'])
  expect(Number((await log('victim', 'guess', '203.0.113.1')).headers['retry-after'])).toBeGreaterThan(0)
  expect((await log('other', 'guess', '203.0.113.1')).code).toBe('wrong_credentials')
  expect((await log('victim', 'right', '203.0.113.2')).status).toBe(200)
  await strict.stop()
})

test('logins of one account from all networks together are limited', async () => {
  const strict = await startAuth(limitedLogins)
  const guess = async (network: number) =>
    (
      await strict.call(authOperations.login, {
        body: { username: 'x', password: 'guess' },
        from: `203.0.${network}.1`,
      })
    ).code
  const codes = []
  for (let tries = 0; tries < 31; tries++) codes.push(await guess(tries))
  expect(codes).toEqual([...Array(30).fill('wrong_credentials'), 'rate_limited'])
  await strict.stop()
})

test('sign-ups with a taken name do not use up its logins', async () => {
  const strict = await startAuth({ RATE_PER_ACCOUNT_MINUTE: '1', GUESSES_BEFORE_DELAY: '1', RATE_PER_IP_MINUTE: '6' })
  const { username, password } = await signUp(strict, 'victim')
  for (let tries = 0; tries < 5; tries++) {
    const answer = await strict.call(authOperations.signup, { body: signupBody(username).body })
    expect(answer.code).toBe('username_taken')
  }
  expect((await strict.call(authOperations.signup, { body: signupBody(username).body })).code).toBe('rate_limited')
  expect((await strict.call(authOperations.login, { body: { username, password } })).status).toBe(200)
  await strict.stop()
})

test('sign-ups are limited for each network', async () => {
  const strict = await startAuth({ SIGNUPS_PER_IP_MINUTE: '2', TRUST_PROXY: '127.0.0.1' })
  const ask = async (username: string, from: string) =>
    (await strict.call(authOperations.signup, { body: signupBody(username).body, from })).code
  expect([await ask('one', '203.0.113.1'), await ask('two', '203.0.113.1')]).toEqual([undefined, undefined])
  expect(await ask('three', '203.0.113.1')).toBe('rate_limited')
  expect(await ask('three', '203.0.113.2')).toBeUndefined()
  await strict.stop()
})

test('requests of one address are limited', async () => {
  const strict = await startAuth({ RATE_PER_IP_MINUTE: '2' })
  const ask = () => strict.call(authOperations.kdf, { query: { username: 'x' } })
  expect([(await ask()).status, (await ask()).status, (await ask()).code]).toEqual([200, 200, 'rate_limited'])
  await strict.stop()
})
