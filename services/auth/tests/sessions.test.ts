import { systemClock } from '@fastchat/clock'
import { authOperations, limits } from '@fastchat/schema'
import { createTokenVerifier } from '@fastchat/service'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Auth, signUp, startAuth } from './auth.ts'

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

let people = 0
async function newSession() {
  const person = await signUp(auth, `user${people++}`)
  const device = await person.addDevice()
  return { person, device, refreshToken: device.tokens.refreshToken }
}
const refresh = (refreshToken: string) => auth.call(authOperations.refresh, { body: { refreshToken } })

/** Makes a session older in the database. */
const age = (refreshToken: string, seconds: number) =>
  database.query(
    `update refresh_token set rotated_at = rotated_at - make_interval(secs => $2), expires_at = expires_at - make_interval(secs => $2)
     where family = $1`,
    [refreshToken.split('.')[0], seconds],
  )

test('a refresh gives a new pair that names the same session', async () => {
  const { person, device, refreshToken } = await newSession()
  const { status, body } = await refresh(refreshToken)
  expect(status).toBe(200)
  expect(body.expiresIn).toBe(600)
  expect(body.refreshToken).not.toBe(refreshToken)
  const verifier = createTokenVerifier({
    issuer: 'fastchat',
    keys: { current: () => auth.deps.keys().published },
    clock: systemClock,
  })
  const [before, after] = await Promise.all(
    [device.tokens.accessToken, body.accessToken].map((it) => verifier.device(it)),
  )
  expect(after).toMatchObject({ scope: 'device', userId: person.userId, deviceId: device.deviceId })
  expect(after?.sessionId).toBe(before?.sessionId)
})

test('a client that lost the answer gets the same next token, and can use it', async () => {
  const { refreshToken } = await newSession()
  const lost = await refresh(refreshToken)
  await age(refreshToken, limits.refreshRepeatMs / 1_000 - 5)
  const again = await refresh(refreshToken)
  expect(again.body.refreshToken).toBe(lost.body.refreshToken)
  expect((await refresh(again.body.refreshToken)).status).toBe(200)
})

test('simultaneous refreshes all get the same next token', async () => {
  const { refreshToken } = await newSession()
  const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(refreshToken)))
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  const [next, ...others] = new Set(answers.map(({ body }) => body.refreshToken))
  expect(others).toEqual([])
  expect((await refresh(next ?? '')).status).toBe(200)
})

test('a token older than the former one ends the session', async () => {
  const { refreshToken } = await newSession()
  const second = (await refresh(refreshToken)).body.refreshToken
  const third = (await refresh(second)).body.refreshToken
  expect(await refresh(refreshToken)).toMatchObject({ status: 401, code: 'refresh_invalid' })
  expect((await refresh(third)).code).toBe('refresh_invalid')
  expect(auth.lines.join()).toContain('refresh token used again')
})

test('the former token ends the session after the repeat time', async () => {
  const { refreshToken } = await newSession()
  const next = (await refresh(refreshToken)).body.refreshToken
  await age(refreshToken, limits.refreshRepeatMs / 1_000 + 1)
  expect((await refresh(refreshToken)).code).toBe('refresh_invalid')
  expect((await refresh(next)).code).toBe('refresh_invalid')
})

test('a session ends after 45 days without a refresh, and each refresh starts the time again', async () => {
  const { refreshToken } = await newSession()
  await age(refreshToken, 44 * 86_400)
  const next = (await refresh(refreshToken)).body.refreshToken
  await age(next, 44 * 86_400)
  const last = (await refresh(next)).body.refreshToken
  await age(last, 45 * 86_400 + 1)
  expect((await refresh(last)).code).toBe('session_idle')
})

describe('a database that was restored from a copy', () => {
  /**
   * Makes a session whose database has gone back by three refreshes, and returns its tokens, oldest
   * first. The backup knows the second one.
   */
  async function restored(isRestored = true) {
    const { refreshToken } = await newSession()
    const tokens = [refreshToken]
    const next = async () => tokens.push((await refresh(tokens.at(-1)!)).body.refreshToken)
    await next()
    const family = refreshToken.split('.')[0]
    const { rows } = await database.query(
      'select hash, previous_hash, generation from refresh_token where family = $1',
      [family],
    )
    for (let n = 0; n < 3; n++) await next()
    const { hash, previous_hash, generation } = rows[0]
    await database.query(
      `update refresh_token set hash = $2, previous_hash = $3, generation = $4, is_restored = $5,
         rotated_at = now() - interval '1 hour' where family = $1`,
      [family, hash, previous_hash, generation, isRestored],
    )
    return tokens as [string, string, string, string, string]
  }

  test('keeps the session for the token that its client has', async () => {
    const [, , , , last] = await restored()
    const answer = await refresh(last)
    expect(answer.status).toBe(200)
    expect((await refresh(last)).body.refreshToken).toBe(answer.body.refreshToken) // as if the client had lost the answer
    expect((await refresh(answer.body.refreshToken)).status).toBe(200)
  })

  test('keeps the session for the token that the backup knows', async () => {
    const [, known] = await restored()
    expect((await refresh(known)).status).toBe(200)
  })

  test('ends the session for a token older than the backup', async () => {
    const [first, , , , last] = await restored()
    expect((await refresh(first)).code).toBe('refresh_invalid')
    expect((await refresh(last)).code).toBe('refresh_invalid')
  })

  test('detects a stolen token by its second use', async () => {
    const [, , , stolen, last] = await restored()
    const thiefs = (await refresh(stolen)).body.refreshToken
    expect(thiefs).toBe(last)
    const next = (await refresh(thiefs)).body.refreshToken
    await age(last, 31)
    expect((await refresh(last)).code).toBe('refresh_invalid')
    expect((await refresh(next)).code).toBe('refresh_invalid')
  })

  test("accepts a later token only once: after an older one was used, the owner's token ends the session", async () => {
    const [, , stolen, , last] = await restored()
    expect((await refresh(stolen)).status).toBe(200)
    expect((await refresh(last)).code).toBe('refresh_invalid')
  })

  test('ends the session for an unknown token unless the operator has run after-restore', async () => {
    const [, , , , last] = await restored(false)
    expect((await refresh(last)).code).toBe('refresh_invalid')
  })
})

test('a forged token of a session is rejected and does not end it', async () => {
  const { refreshToken } = await newSession()
  const [family, , secret, seal] = refreshToken.split('.')
  expect((await refresh([family, '7', secret, seal].join('.'))).code).toBe('refresh_invalid')
  expect((await refresh(refreshToken)).status).toBe(200)
})

test('logout ends only its session, and answers unknown tokens alike', async () => {
  const [mine, theirs] = [await newSession(), await newSession()]
  const logout = (refreshToken: string) => auth.call(authOperations.logout, { body: { refreshToken } })
  const forged = [theirs.refreshToken.split('.')[0], ...mine.refreshToken.split('.').slice(1)].join('.')
  const answers = [await logout(forged), await logout('nonsense'), await logout(mine.refreshToken)]
  expect(answers.map(({ status, raw }) => [status, raw])).toEqual(Array(3).fill([204, '']))
  expect((await refresh(mine.refreshToken)).code).toBe('refresh_invalid')
  expect((await refresh(theirs.refreshToken)).status).toBe(200)
})

test('a revoked device gets no tokens', async () => {
  const { device, refreshToken } = await newSession()
  await database.query('update device set revoked_at = now() where pub_id = $1', [device.deviceId])
  expect((await refresh(refreshToken)).code).toBe('refresh_invalid')
})

test.each([
  '',
  'x',
  '.',
  `${'a'.repeat(36)}.${'b'.repeat(43)}`,
  `00000000-0000-7000-8000-000000000000.${'A'.repeat(43)}`,
  `00000000-0000-7000-8000-000000000000.0.${'A'.repeat(43)}.${'A'.repeat(22)}`,
])('"%s" is no refresh token', async (text) => {
  expect([400, 401]).toContain((await refresh(text)).status)
})

test('neither the database nor the log holds a token or a password', async () => {
  const { person, device, refreshToken } = await newSession()
  await refresh(refreshToken)
  await auth.call(authOperations.login, { body: { username: person.username, password: 'wrong guess' } })
  const { rows } = await database.query<{ password_hash: string }>(
    `select t.*, d.*, u.* from refresh_token t join device d on d.id = t.device_id join "user" u on u.id = d.user_id
     where u.username = $1`,
    [person.username],
  )
  const stored = JSON.stringify(rows)
  const logged = auth.lines.join()
  const [, , secret = ''] = refreshToken.split('.')
  const secrets = [person.password, person.enrolToken, device.tokens.accessToken, secret, 'wrong guess']
  expect(rows[0]?.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,p=1,t=2\$/)
  expect(secrets.filter((text) => logged.includes(text) || stored.includes(text))).toEqual([])
  expect(logged).not.toContain('$argon2id')
  expect(stored.includes(JSON.stringify(Buffer.from(secret, 'base64url')))).toBe(false)
})
