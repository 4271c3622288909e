import { createHash, randomBytes } from 'node:crypto'
import { systemClock } from '@fastchat/clock'
import { createBus } from '@fastchat/cluster'
import { createDeviceKeys, defaultKdf, signPasswordNote } from '@fastchat/crypto'
import { authOperations, type DeviceId, toBase64Url } from '@fastchat/schema'
import { createLogger } from '@fastchat/service'
import { eventually, testRedisUrl } from '@fastchat/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Auth, newId, signUp, signupBody, startAuth } from './auth.ts'

let auth: Auth
let database: pg.Client
beforeAll(async () => {
  auth = await startAuth({ TRUST_PROXY: '127.0.0.1', GUESSES_BEFORE_DELAY: '5' })
  database = new pg.Client(auth.databaseUrl)
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await auth.stop()
})

let people = 0
const someone = () => signUp(auth, `own${people++}`)
const kdf = { ...defaultKdf, salt: toBase64Url(new Uint8Array(16)) }
const vault = (version: number, text = `vault ${version}`) => ({
  version,
  body: Buffer.from(text).toString('base64url'),
})
const login = (username: string, password: string) => auth.call(authOperations.login, { body: { username, password } })
const setPassword = (token: string, version: number, password: string, more: object = {}) =>
  auth.call(authOperations.setPassword, { token, body: { password, kdf, vault: vault(version, password), ...more } })
const refresh = (refreshToken: string) => auth.call(authOperations.refresh, { body: { refreshToken } })

describe('password', () => {
  test('a new password replaces the former one together with the vault', async () => {
    const ann = await someone()
    expect((await setPassword(ann.enrolToken, 1, 'second')).status).toBe(204)
    expect((await login(ann.username, ann.password)).code).toBe('wrong_credentials')
    const { body } = await login(ann.username, 'second')
    expect(body).toMatchObject({ kdf, vault: vault(1, 'second') })
  })

  test('the same request again does nothing, and another with the same login is refused', async () => {
    const ann = await someone()
    for (const _ of [1, 2]) expect((await setPassword(ann.enrolToken, 1, 'second')).status).toBe(204)
    expect((await setPassword(ann.enrolToken, 2, 'third')).code).toBe('unauthorized')
    expect((await login(ann.username, 'second')).status).toBe(200)
  })

  test('of two changes at once exactly one wins, and its password opens its vault', async () => {
    const ann = await someone()
    const answers = await Promise.all(['one', 'two'].map((it) => setPassword(ann.enrolToken, 1, it)))
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401])
    const won = answers[0]?.status === 204 ? 'one' : 'two'
    expect((await login(ann.username, won)).body.vault).toEqual(vault(1, won))
    expect((await login(ann.username, won === 'one' ? 'two' : 'one')).code).toBe('wrong_credentials')
  })

  test('a vault that does not follow the stored one is refused', async () => {
    const ann = await someone()
    for (const version of [2, 7]) expect((await setPassword(ann.enrolToken, version, 'x')).code).toBe('stale_version')
    expect((await login(ann.username, ann.password)).status).toBe(200)
  })

  test('a login with the former password registers no device and opens no session', async () => {
    const ann = await someone()
    const laptop = await ann.addDevice()
    await setPassword(ann.enrolToken, 1, 'second')
    const keys = createDeviceKeys()
    const { request } = ann.newDevice('late', { deviceId: newId<DeviceId>(), keys })
    const late = await auth.call(authOperations.registerDevice, { token: ann.enrolToken, body: request })
    expect(late.code).toBe('unauthorized')
    const mine = await auth.call(authOperations.listDevices, { token: laptop.tokens.accessToken })
    expect(mine.body.devices.map(({ deviceId }) => deviceId)).toEqual([laptop.deviceId])
    await expect(auth.deps.sessions.open(laptop, 1)).rejects.toMatchObject({ code: 'unauthorized' })
    await expect(auth.deps.sessions.open(laptop, 2)).resolves.toMatchObject({ expiresIn: 600 })
  })

  test('other sessions end with the change only on wish, and the session of this device stays', async () => {
    const ann = await someone()
    const [laptop, phone] = [await ann.addDevice('laptop'), await ann.addDevice('phone')]
    await setPassword(ann.enrolToken, 1, 'second')
    const kept = (await refresh(phone.tokens.refreshToken)).body.refreshToken
    const { enrolToken } = (await login(ann.username, 'second')).body
    const ending = { endOthers: true, keep: laptop.deviceId }
    expect((await setPassword(enrolToken, 2, 'third', ending)).status).toBe(204)
    expect((await refresh(kept)).code).toBe('refresh_invalid')
    expect((await refresh(laptop.tokens.refreshToken)).status).toBe(200)
  })
})

describe('recovery key', () => {
  const keyOf = (value = randomBytes(32)) => ({
    value: value.toString('base64url'),
    verifier: createHash('sha256').update(value).digest('base64url'),
  })
  const put = (token: string, version: number, verifier: string, text = verifier) =>
    auth.call(authOperations.putRecovery, { token, body: { version, verifier, body: vault(version, text).body } })
  const recover = (username: string, recovery: string, from?: string) =>
    auth.call(authOperations.recover, { body: { username, recovery }, ...(from !== undefined && { from }) })

  test('a sign-up stores the first one, which shows the copy and sets a password', async () => {
    const first = keyOf()
    const { body, accountPrivate } = signupBody('recovers')
    const recovery = { verifier: first.verifier, body: 'AAAA' }
    expect((await auth.call(authOperations.signup, { body: { ...body, recovery } })).status).toBe(201)
    const found = await recover('recovers', first.value)
    expect(found.body).toMatchObject({ user: { userId: body.userId }, recovery: { version: 1, body: 'AAAA' } })
    const { enrolToken } = found.body
    const noteOf = (change: object = {}, key = accountPrivate) =>
      toBase64Url(signPasswordNote(key, { userId: body.userId, version: 1, by: 'recovery', ...change }))
    const stranger = signupBody('stranger')
    for (const wrong of [
      {},
      { note: noteOf({ by: 'password' }) },
      { note: noteOf({ version: 2 }) },
      { note: noteOf({ userId: stranger.body.userId }) },
      { note: noteOf({}, stranger.accountPrivate) },
      { note: 'AAAA' },
    ])
      expect((await setPassword(enrolToken, 1, 'new one', wrong)).code).toBe('password_note_invalid')
    const next = keyOf()
    expect((await put(enrolToken, 2, next.verifier)).code).toBe('unauthorized')
    expect((await setPassword(enrolToken, 1, 'new one', { note: noteOf() })).status).toBe(204)
    expect((await login('recovers', 'new one')).status).toBe(200)
    expect((await recover('recovers', first.value)).status).toBe(200)
  })

  test('devices get the note of the last change, and one of a login by password says so', async () => {
    const ann = await someone()
    const laptop = await ann.addDevice()
    const shown = async () =>
      (await auth.call(authOperations.getPasswordNote, { token: laptop.tokens.accessToken })).body
    expect(await shown()).toEqual({})
    const noteOf = (by: 'password' | 'recovery') =>
      toBase64Url(signPasswordNote(ann.accountPrivate, { userId: ann.userId, version: 1, by }))
    const lied = await setPassword(ann.enrolToken, 1, 'second', { note: noteOf('recovery') })
    expect(lied.code).toBe('password_note_invalid')
    expect((await setPassword(ann.enrolToken, 1, 'second', { note: noteOf('password') })).status).toBe(204)
    expect(await shown()).toEqual({ note: noteOf('password') })
    // A client of the version before sends none. The former note would be about another password.
    const { enrolToken } = (await login(ann.username, 'second')).body
    expect((await setPassword(enrolToken, 2, 'third')).status).toBe(204)
    expect(await shown()).toEqual({})
  })

  test('a new one replaces the former, once', async () => {
    const ann = await someone()
    const [former, next] = [keyOf(), keyOf()]
    for (const _ of [1, 2]) expect((await put(ann.enrolToken, 1, former.verifier)).status).toBe(204)
    expect((await put(ann.enrolToken, 1, next.verifier)).code).toBe('stale_version')
    expect((await put(ann.enrolToken, 3, next.verifier)).code).toBe('stale_version')
    expect((await put(ann.enrolToken, 2, next.verifier)).status).toBe(204)
    expect((await recover(ann.username, former.value)).code).toBe('recovery_wrong')
    expect((await recover(ann.username, next.value)).body.recovery.version).toBe(2)
  })

  test('a login with the former password replaces no recovery key', async () => {
    const ann = await someone()
    await setPassword(ann.enrolToken, 1, 'second')
    expect((await put(ann.enrolToken, 1, keyOf().verifier)).code).toBe('unauthorized')
  })

  test('an unknown name, an account without a key and a wrong key get one answer', async () => {
    const [ann, bob] = [await someone(), await someone()]
    await put(ann.enrolToken, 1, keyOf().verifier)
    const answers = [ann.username, bob.username, 'nobody-here'].map((name) => recover(name, keyOf().value))
    const withoutId = (raw: string) => raw.replace(/"requestId":"[^"]+"/, '')
    const seen = (await Promise.all(answers)).map(({ status, raw, headers }) =>
      JSON.stringify([status, withoutId(raw), Object.keys(headers).sort()]),
    )
    expect(new Set(seen).size).toBe(1)
    expect(seen[0]).toContain('recovery_wrong')
  })

  test('guesses slow down by account and address, and leave logins alone', async () => {
    const ann = await someone()
    const key = keyOf()
    await put(ann.enrolToken, 1, key.verifier)
    const from = '203.0.113.9'
    for (let guess = 0; guess < 5; guess++)
      expect((await recover(ann.username, keyOf().value, from)).code).toBe('recovery_wrong')
    expect((await recover(ann.username, key.value, from)).code).toBe('rate_limited')
    expect((await recover(ann.username, key.value, '203.0.113.10')).status).toBe(200)
    expect((await login(ann.username, ann.password)).status).toBe(200)
  })

  test('a device sees the copy of its own account only', async () => {
    const [ann, bob] = [await someone(), await someone()]
    const key = keyOf()
    await put(ann.enrolToken, 1, key.verifier, 'sealed')
    const of = async (person: typeof ann) => {
      const { tokens } = await person.addDevice()
      return (await auth.call(authOperations.getRecovery, { token: tokens.accessToken })).body
    }
    expect(await of(ann)).toEqual({ recovery: vault(1, 'sealed'), createdAt: expect.any(String) })
    expect(await of(bob)).toEqual({})
  })
})

describe('sessions', () => {
  test('all are listed, and all end, or all but this one', async () => {
    const [ann, bob] = [await someone(), await someone()]
    const [laptop, phone, tablet] = [await ann.addDevice('laptop'), await ann.addDevice('phone'), await ann.addDevice()]
    const other = await bob.addDevice()
    const list = async (token: string) => auth.call(authOperations.listSessions, { token })
    const end = (token: string, keepThis: boolean) =>
      auth.call(authOperations.endSessions, { token, body: { keepThis } })
    const token = laptop.tokens.accessToken
    const { sessions } = (await list(token)).body
    expect(sessions.map(({ deviceId }) => deviceId).sort()).toEqual(
      [laptop, phone, tablet].map(({ deviceId }) => deviceId).sort(),
    )
    expect(sessions.filter(({ current }) => current).map(({ deviceId }) => deviceId)).toEqual([laptop.deviceId])
    expect((await end(token, true)).body).toEqual({ ended: 2 })
    expect((await refresh(phone.tokens.refreshToken)).code).toBe('refresh_invalid')
    expect((await list(token)).body.sessions).toHaveLength(1)
    expect((await list(phone.tokens.accessToken)).code).toBe('unauthorized')
    expect((await end(token, false)).body).toEqual({ ended: 1 })
    for (const ask of [list(token), end(token, false), list(phone.tokens.accessToken)])
      expect((await ask).code).toBe('unauthorized')
    expect((await refresh(other.tokens.refreshToken)).status).toBe(200)
  })

  test('one ends, and those of another account do not', async () => {
    const [ann, bob] = [await someone(), await someone()]
    const [laptop, phone, bobs] = [await ann.addDevice(), await ann.addDevice('phone'), await bob.addDevice()]
    const end = (only: DeviceId) =>
      auth.call(authOperations.endSessions, { token: laptop.tokens.accessToken, body: { keepThis: false, only } })
    expect((await end(bobs.deviceId)).body).toEqual({ ended: 0 })
    expect((await end(phone.deviceId)).body).toEqual({ ended: 1 })
    expect((await refresh(phone.tokens.refreshToken)).code).toBe('refresh_invalid')
    for (const one of [laptop, bobs]) expect((await refresh(one.tokens.refreshToken)).status).toBe(200)
  })

  test('the pods are told through the feed', async () => {
    const ann = await someone()
    const laptop = await ann.addDevice()
    const told = async () =>
      (
        await database.query(
          'select count(*)::int as n from append_feed f join "user" u on u.id = any (f.users) where u.pub_id = $1',
          [ann.userId],
        )
      ).rows[0].n
    const before = await told()
    const body = { keepThis: false }
    await auth.call(authOperations.endSessions, { token: laptop.tokens.accessToken, body })
    expect(await told()).toBe(before + 1)
  })
})

test('the pods hear at once, over Redis, that sessions have ended', async () => {
  const [hmacKey, prefix] = [randomBytes(32), `own-account-${randomBytes(6).toString('hex')}`]
  const redis = { REDIS_URL: testRedisUrl(), REDIS_PREFIX: prefix, POD_HMAC_KEY: hmacKey.toString('base64url') }
  const pushing = await startAuth(redis)
  const heard: unknown[] = []
  const log = createLogger({ service: 'pod', level: 'silent', destination: { write: () => {} } })
  const bus = createBus({
    ...{ redisUrl: redis.REDIS_URL, hmacKey, prefix, log },
    ...{ origin: 'pod', clock: systemClock, random: Math.random },
  })
  bus.listen({ onEntry() {}, onSuspect() {}, onUserEvent: (user, event) => heard.push([user, event]) })
  const ann = await signUp(pushing, 'ann')
  const laptop = await ann.addDevice()
  await bus.subscribeUsers([ann.userId])
  const { accessToken: token } = laptop.tokens
  await eventually(async () => {
    await pushing.call(authOperations.endSessions, { token, body: { keepThis: true } })
    expect(heard).toContainEqual([ann.userId, { t: 'account', changed: 'sessions', by: laptop.deviceId }])
  })
  const ends = { password: 'second', kdf, vault: vault(1), endOthers: true }
  await pushing.call(authOperations.setPassword, { token: ann.enrolToken, body: ends })
  await eventually(() => expect(heard).toContainEqual([ann.userId, { t: 'account', changed: 'sessions' }]))
  await bus.close()
  await pushing.stop()
})

describe('the name of a new account', () => {
  const check = (username: string, invite?: string) =>
    auth.call(authOperations.checkName, { body: { username, ...(invite !== undefined && { invite }) } })

  test('is free or taken, in any spelling, also after a deletion', async () => {
    expect((await check('free-name')).status).toBe(204)
    const ann = await someone()
    expect((await check(ann.username.toUpperCase())).code).toBe('username_taken')
    await auth.call(authOperations.deleteAccount, { token: ann.enrolToken, body: { username: ann.username } })
    expect((await check(ann.username)).code).toBe('username_taken')
  })

  test('is told to those only who may sign up, and counts as a sign-up', async () => {
    const limited = await startAuth({ SIGNUPS_PER_IP_MINUTE: '3' })
    const ask = () => limited.call(authOperations.checkName, { body: { username: 'zoe' } })
    const admin = new pg.Client(limited.databaseUrl)
    await admin.connect()
    await admin.query("update installation set signup = 'closed'")
    expect((await ask()).code).toBe('signup_closed')
    await admin.query("update installation set signup = 'invite'")
    expect((await ask()).code).toBe('invite_required')
    await admin.query("update installation set signup = 'open'")
    expect((await ask()).status).toBe(204)
    expect((await ask()).code).toBe('rate_limited')
    const { body } = signupBody('zoe')
    expect((await limited.call(authOperations.signup, { body })).code).toBe('rate_limited')
    await admin.end()
    await limited.stop()
  })
})

describe('deletion', () => {
  const remove = (token: string, username: string) =>
    auth.call(authOperations.deleteAccount, { token, body: { username } })

  test('ends the account for ever, and the same request again does nothing', async () => {
    const ann = await someone()
    const laptop = await ann.addDevice()
    for (const _ of [1, 2]) expect((await remove(ann.enrolToken, ann.username)).status).toBe(204)
    expect((await login(ann.username, ann.password)).code).toBe('wrong_credentials')
    expect((await refresh(laptop.tokens.refreshToken)).code).toBe('refresh_invalid')
    const { rows } = await database.query(
      `select (select count(*)::int from vault where user_id = u.id) as vaults,
         (select count(*)::int from recovery where user_id = u.id) as recoveries from "user" u where pub_id = $1`,
      [ann.userId],
    )
    expect(rows).toEqual([{ vaults: 0, recoveries: 0 }])
    const again = signupBody(ann.username)
    expect((await auth.call(authOperations.signup, { body: again.body })).code).toBe('username_taken')
  })

  test('needs the name of the account, and a login with its present password', async () => {
    const [ann, bob] = [await someone(), await someone()]
    expect((await remove(ann.enrolToken, bob.username)).code).toBe('name_differs')
    await setPassword(ann.enrolToken, 1, 'second')
    expect((await remove(ann.enrolToken, ann.username)).code).toBe('unauthorized')
    for (const [name, password] of [
      [ann.username, 'second'],
      [bob.username, bob.password],
    ] as const)
      expect((await login(name, password)).status).toBe(200)
  })

  test('frees files that no account can fetch any more', async () => {
    const ann = await someone()
    const laptop = await ann.addDevice()
    await database.query(
      `insert into attachment (pub_id, device_id, size) select gen_random_uuid(), d.id, 1 from device d, generate_series(1, 450)
       where d.pub_id = $1`,
      [laptop.deviceId],
    )
    await remove(ann.enrolToken, ann.username)
    const { rows } = await database.query(
      'select count(*)::int as n from attachment a join device d on d.id = a.device_id where d.pub_id = $1',
      [laptop.deviceId],
    )
    expect(rows).toEqual([{ n: 0 }])
  })
})
