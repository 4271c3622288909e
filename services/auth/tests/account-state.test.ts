import { Readable } from 'node:stream'
import { authOperations, limits, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RateLimit } from '../src/domain/rate-limit.ts'
import { type Auth, signUp, signupBody, startAuth, type TestDevice } from './auth.ts'

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

const sealed = (text: string) => toBase64Url(Buffer.from(text))
const get = ({ tokens }: TestDevice, after?: number) =>
  auth.call(authOperations.getAccountState, {
    token: tokens.accessToken,
    ...(after !== undefined && { query: { after: String(after) } }),
  })
const put = ({ tokens }: TestDevice, version: number, body: string) =>
  auth.call(authOperations.putAccountState, { token: tokens.accessToken, body: { version, body } })
const rowsOf = async (username: string) =>
  (
    await database.query('select version from account_state s join "user" u on u.id = s.user_id where username = $1', [
      username,
    ])
  ).rows
/** Resolves when a statement waits for a lock. */
const untilWaiting = () =>
  eventually(async () => {
    const { rows } = await database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    expect(rows).toHaveLength(1)
  })

test('all devices of the account, and no others, read the stored state', async () => {
  const [alice, mallory] = [await signUp(auth, 'alice'), await signUp(auth, 'mallory')]
  const [laptop, phone, other] = [await alice.addDevice(), await alice.addDevice(), await mallory.addDevice()]
  expect((await get(laptop)).body).toEqual({ version: 0 })
  expect(await put(laptop, 1, sealed('first'))).toMatchObject({ status: 200, body: { version: 1 } })
  expect((await get(phone)).body).toEqual({ version: 1, body: sealed('first') })
  expect(await put(phone, 2, sealed('second'))).toMatchObject({ status: 200, body: { version: 2 } })
  expect((await get(laptop)).body).toEqual({ version: 2, body: sealed('second') })
  expect((await get(other)).body).toEqual({ version: 0 })
  expect((await put(other, 3, sealed('x'))).code).toBe('stale_version')
  expect((await get(laptop)).body).toEqual({ version: 2, body: sealed('second') })
})

test('the state of a sign-up is version 1, and a failed sign-up stores none', async () => {
  const { accountPrivate: _, body } = signupBody('with-state')
  const { body: enrolment } = await auth.call(authOperations.signup, {
    body: { ...body, accountState: sealed('zero') },
  })
  expect(await rowsOf('with-state')).toEqual([{ version: 1 }])
  expect(enrolment.user.username).toBe('with-state')
  const again = { ...signupBody('with-state').body, accountState: sealed('x') }
  expect((await auth.call(authOperations.signup, { body: again })).code).toBe('username_taken')
  const { rows } = await database.query('select version, body from account_state where body = any ($1)', [
    [Buffer.from('zero'), Buffer.from('x')],
  ])
  expect(rows).toEqual([{ version: 1, body: Buffer.from('zero') }])
  const large = { ...signupBody('large').body, accountState: toBase64Url(new Uint8Array(8193)) }
  expect((await auth.call(authOperations.signup, { body: large })).code).toBe('bad_request')
})

test('a device that has the version gets no bytes', async () => {
  const device = await (await signUp(auth, 'bob')).addDevice()
  await put(device, 1, sealed('one'))
  await put(device, 2, sealed('two'))
  expect((await get(device, 0)).body).toEqual({ version: 2, body: sealed('two') })
  expect((await get(device, 1)).body).toEqual({ version: 2, body: sealed('two') })
  expect((await get(device, 2)).body).toEqual({ version: 2 })
  expect((await get(device, 3)).body).toEqual({ version: 2 })
  for (const after of [-1, 2 ** 31]) expect((await get(device, after)).code).toBe('bad_request')
})

test('only the next version can be stored', async () => {
  const device = await (await signUp(auth, 'carol')).addDevice()
  expect(await put(device, 2, sealed('too far'))).toMatchObject({ status: 409, code: 'stale_version' })
  expect((await get(device)).body).toEqual({ version: 0 })
  await put(device, 1, sealed('one'))
  for (const version of [1, 3, 2 ** 31 - 1])
    expect((await put(device, version, sealed('x'))).code).toBe('stale_version')
  for (const version of [0, -1, 1.5, 2 ** 31])
    expect((await put(device, version, sealed('x'))).code).toBe('bad_request')
  expect((await get(device)).body).toEqual({ version: 1, body: sealed('one') })
  expect((await put(device, 2, '')).status).toBe(200)
  expect((await get(device)).body).toEqual({ version: 2, body: '' })
})

test.each([1, 2])('of many devices that store version %i at once, one succeeds', async (version) => {
  const dave = await signUp(auth, `dave${version}`)
  const devices = await Promise.all(Array.from({ length: 6 }, () => dave.addDevice()))
  if (version > 1) await put(devices[0]!, 1, sealed('before'))
  const answers = await Promise.all(devices.map((device, n) => put(device, version, sealed(`of ${n}`))))
  const winner = answers.findIndex(({ status }) => status === 200)
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ code }) => code === 'stale_version')).toHaveLength(5)
  expect((await get(devices[0]!)).body).toEqual({ version, body: sealed(`of ${winner}`) })
})

test('the largest state comes back byte for byte, and a larger one is rejected', async () => {
  const device = await (await signUp(auth, 'erin')).addDevice()
  const largest = toBase64Url(Buffer.alloc(limits.maxAccountStateBytes, 'FastChat'))
  expect(await put(device, 1, largest)).toMatchObject({ status: 200 })
  expect((await get(device)).body).toEqual({ version: 1, body: largest })
  const over = (bytes: number) => toBase64Url(Buffer.alloc(limits.maxAccountStateBytes + bytes))
  expect((await put(device, 2, over(3))).code).toBe('bad_request')
  expect(await put(device, 2, over(64))).toMatchObject({ status: 413, code: 'too_large' })
  expect((await put(device, 2, 'A+')).code).toBe('bad_request')
  expect((await get(device, 1)).body).toEqual({ version: 1 })
})

test('the state needs the token of a device of the account', async () => {
  const frank = await signUp(auth, 'frank')
  for (const token of [frank.enrolToken, 'x.y.z', undefined]) {
    const who = token === undefined ? {} : { token }
    expect((await auth.call(authOperations.getAccountState, who)).code).toBe('unauthorized')
    const body = { version: 1, body: 'AAAA' }
    expect((await auth.call(authOperations.putAccountState, { ...who, body })).code).toBe('unauthorized')
  }
  expect(await rowsOf('frank')).toEqual([])
})

test('a revoked device with a valid token can neither read nor store the state', async () => {
  const grace = await signUp(auth, 'grace')
  const [laptop, lost] = [await grace.addDevice(), await grace.addDevice()]
  await put(laptop, 1, sealed('one'))
  await database.query('update device set revoked_at = now() where pub_id = $1', [lost.deviceId])
  expect((await get(lost)).code).toBe('unauthorized')
  expect((await put(lost, 2, sealed('forged'))).code).toBe('unauthorized')
  expect((await get(laptop)).body).toEqual({ version: 1, body: sealed('one') })
})

test('the state is deleted with the account, and a valid token cannot store it again', async () => {
  const device = await (await signUp(auth, 'heidi')).addDevice()
  await put(device, 1, sealed('one'))
  await database.query('select delete_account($1)', ['heidi'])
  expect(await rowsOf('heidi')).toEqual([])
  expect((await get(device)).code).toBe('unauthorized')
  expect((await put(device, 1, sealed('again'))).code).toBe('unauthorized')
  expect(await rowsOf('heidi')).toEqual([])
})

test('a state that is stored while the account is deleted is deleted, too', async () => {
  const device = await (await signUp(auth, 'ivan')).addDevice()
  const deleting = new pg.Client(auth.databaseUrl)
  await deleting.connect()
  await deleting.query('begin')
  await deleting.query('select delete_account($1)', ['ivan'])
  const storing = put(device, 1, sealed('late'))
  await untilWaiting()
  await deleting.query('commit')
  await deleting.end()
  expect((await storing).code).toBe('unauthorized')
  expect(await rowsOf('ivan')).toEqual([])
})

test('storing a state delays no commit that names the user', async () => {
  const device = await (await signUp(auth, 'judy')).addDevice()
  await put(device, 1, sealed('one'))
  const other = new pg.Client(auth.databaseUrl)
  await other.connect()
  await other.query('begin; select from account_state for update')
  const storing = put(device, 2, sealed('two'))
  await untilWaiting()
  // The foreign key of a new member takes this lock.
  await database.query(`select from "user" where username = 'judy' for key share nowait`)
  await other.query('rollback')
  await other.end()
  expect(await storing).toMatchObject({ status: 200 })
})

describe('all devices of an account together can', () => {
  const refused = { status: 429, code: 'rate_limited' }
  /** Too large to be stored, so the route rejects it if it reads it. */
  const large = toBase64Url(Buffer.alloc(limits.maxAccountStateBytes + 64))
  const mebibyte = 1024 * 1024

  async function person(name: string) {
    const { userId, addDevice } = await signUp(auth, name)
    return { userId, devices: [await addDevice(), await addDevice()] as const }
  }

  async function use(limit: RateLimit, userId: string, times: number, cost?: number) {
    for (let n = 0; n < times; n++) await limit(userId, cost)
  }

  test('store the state 1 200 times in an hour', async () => {
    const [{ userId, devices }, other] = [await person('kim'), await person('leo')]
    await use(auth.deps.statePuts, userId, 1_198)
    for (const [n, device] of devices.entries()) expect((await put(device, n + 1, 'AAAA')).status).toBe(200)
    expect(await put(devices[0], 3, large)).toMatchObject(refused)
    expect((await get(devices[0])).body).toEqual({ version: 2, body: 'AAAA' })
    expect((await put(other.devices[0], 1, 'AAAA')).status).toBe(200)
  })

  test('store 64 MiB in an hour', async () => {
    const [{ userId, devices }, other] = [await person('mia'), await person('ned')]
    await use(auth.deps.statePutBytes, userId, 1, 64 * mebibyte - 1_000)
    const small = toBase64Url(Buffer.alloc(300))
    for (const [n, device] of devices.entries()) expect((await put(device, n + 1, small)).status).toBe(200)
    expect(await put(devices[0], 3, small)).toMatchObject(refused)
    expect((await put(other.devices[0], 1, small)).status).toBe(200)
  })

  test('store a body of unknown length as often as the longest', async () => {
    const { userId, devices } = await person('pia')
    await use(auth.deps.statePutBytes, userId, 1, 63 * mebibyte)
    const answer = await auth.app.inject({
      method: 'PUT',
      url: authOperations.putAccountState.path,
      headers: { authorization: `Bearer ${devices[0].tokens.accessToken}`, 'content-type': 'application/json' },
      payload: Readable.from(['{"version": 1, "body": "AAAA"}']),
    })
    expect(answer.json()).toMatchObject({ error: { code: 'rate_limited' } })
  })

  test('read the state 3 000 times in an hour', async () => {
    const [{ userId, devices }, other] = [await person('oda'), await person('pam')]
    await use(auth.deps.stateReads, userId, 2_998)
    for (const device of devices) expect((await get(device)).status).toBe(200)
    expect(await get(devices[0])).toMatchObject(refused)
    expect((await get(other.devices[0])).status).toBe(200)
  })
})
