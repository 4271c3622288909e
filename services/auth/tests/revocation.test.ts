import { signRevocation } from '@fastchat/crypto'
import { verifyRevocation } from '@fastchat/crypto/verify'
import { authOperations, type DeviceId, fromBase64Url, toBase64Url, type UserId } from '@fastchat/schema'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, keyPackagesOf, newId, proofOf, signUp, startAuth, type TestDevice } from './auth.ts'

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
let people = 0
async function withTwoDevices() {
  const person = await signUp(auth, `user${people++}`)
  return { person, laptop: await person.addDevice('laptop'), phone: await person.addDevice('phone') }
}

/** Signs a revocation with this account key, for this user and device. */
function statementOf({ accountPrivate }: Pick<Person, 'accountPrivate'>, userId: UserId, deviceId: DeviceId): string {
  return toBase64Url(signRevocation(accountPrivate, { userId, deviceId }))
}

const revoke = (by: TestDevice, deviceId: DeviceId, statement: string) =>
  auth.call(authOperations.revokeDevice, { params: { deviceId }, query: { statement }, token: by.tokens.accessToken })
const refresh = ({ tokens }: TestDevice) =>
  auth.call(authOperations.refresh, { body: { refreshToken: tokens.refreshToken } })
const namesSeenBy = async ({ tokens }: TestDevice) =>
  (await auth.call(authOperations.listDevices, { token: tokens.accessToken })).body.devices.map(({ name }) => name)

async function statementIn(raw: string) {
  const { error } = JSON.parse(raw) as { error: { details: { statement: string } } }
  return await verifyRevocation(fromBase64Url(error.details.statement))
}

test('a revoked device is not listed, and refresh and login answer with the signed statement', async () => {
  const { person, laptop, phone } = await withTwoDevices()
  await auth.call(authOperations.uploadKeyPackages, {
    body: { keyPackages: await keyPackagesOf(laptop, 2) },
    token: laptop.tokens.accessToken,
  })
  const answer = await revoke(phone, laptop.deviceId, statementOf(person, person.userId, laptop.deviceId))
  expect([answer.status, answer.raw]).toEqual([204, ''])
  expect(await namesSeenBy(phone)).toEqual(['phone'])

  const claims = { userId: person.userId, deviceId: laptop.deviceId, accountKey: laptop.accountKey }
  const refreshed = await refresh(laptop)
  expect(refreshed).toMatchObject({ status: 401, code: 'device_revoked' })
  expect(await statementIn(refreshed.raw)).toEqual(claims)
  const opened = await auth.call(authOperations.openSession, {
    params: { deviceId: laptop.deviceId },
    body: { proof: proofOf(laptop, person.enrolToken) },
    token: person.enrolToken,
  })
  expect(opened.code).toBe('device_revoked')
  expect(await statementIn(opened.raw)).toEqual(claims)

  const { rows } = await database.query(
    `select count(k.*)::int as packages from device d left join key_package k on k.device_id = d.id where d.pub_id = $1`,
    [laptop.deviceId],
  )
  expect(rows).toEqual([{ packages: 0 }])
  expect((await refresh(phone)).status).toBe(200)
})

test('a revoked device cannot register again, upload key packages or claim', async () => {
  const { person, laptop, phone } = await withTwoDevices()
  const keyPackages = await keyPackagesOf(laptop, 1)
  await revoke(phone, laptop.deviceId, statementOf(person, person.userId, laptop.deviceId))
  const again = person.newDevice('laptop', { deviceId: laptop.deviceId })
  const registered = await auth.call(authOperations.registerDevice, { body: again.request, token: person.enrolToken })
  expect(registered.code).toBe('device_exists')
  // Its access token stays valid for minutes. Chat asks the registry, and auth checks it in these
  // calls.
  const uploaded = await auth.call(authOperations.uploadKeyPackages, {
    body: { keyPackages },
    token: laptop.tokens.accessToken,
  })
  expect(uploaded.code).toBe('unauthorized')
  const other = await (await signUp(auth, `user${people++}`)).addDevice()
  const claimed = await auth.call(authOperations.claimKeyPackages, {
    body: { userId: person.userId },
    token: other.tokens.accessToken,
  })
  expect(claimed.body.missing).toEqual([phone.deviceId])
})

test('a session that is opened while its device is revoked does not work', async () => {
  const { person, laptop, phone } = await withTwoDevices()
  await revoke(phone, laptop.deviceId, statementOf(person, person.userId, laptop.deviceId))
  await expect(
    auth.deps.sessions.open({ userId: person.userId, deviceId: laptop.deviceId }, undefined),
  ).rejects.toThrow()
  expect((await refresh(laptop)).code).toBe('device_revoked')
})

test('a second revocation changes nothing and keeps the first statement', async () => {
  const { person, laptop, phone } = await withTwoDevices()
  const statement = statementOf(person, person.userId, laptop.deviceId)
  expect((await revoke(phone, laptop.deviceId, statement)).status).toBe(204)
  const state = () => database.query('select revoked_at, revocation from device where pub_id = $1', [laptop.deviceId])
  const before = (await state()).rows
  expect((await revoke(phone, laptop.deviceId, statement)).status).toBe(204)
  expect((await state()).rows).toEqual(before)
})

test('a device may revoke itself', async () => {
  const { person, laptop, phone } = await withTwoDevices()
  expect((await revoke(laptop, laptop.deviceId, statementOf(person, person.userId, laptop.deviceId))).status).toBe(204)
  expect((await refresh(laptop)).code).toBe('device_revoked')
  expect((await refresh(phone)).status).toBe(200)
})

test('the feed tells pods of a revocation', async () => {
  const { person, laptop, phone } = await withTwoDevices()
  await database.query('delete from append_feed')
  await revoke(phone, laptop.deviceId, statementOf(person, person.userId, laptop.deviceId))
  const { rows } = await database.query('select convs, u.pub_id from append_feed join "user" u on u.id = any (users)')
  expect(rows).toEqual([{ convs: [], pub_id: person.userId }])
})

test('only the account key can revoke, and only its own devices', async () => {
  const { person, laptop, phone } = await withTwoDevices()
  const mallory = await withTwoDevices()
  const { userId } = person
  const refused: [string, TestDevice, DeviceId, string][] = [
    ['revocation_invalid', phone, laptop.deviceId, statementOf(mallory.person, userId, laptop.deviceId)],
    ['revocation_invalid', phone, laptop.deviceId, statementOf(person, userId, phone.deviceId)],
    ['revocation_invalid', phone, laptop.deviceId, statementOf(person, mallory.person.userId, laptop.deviceId)],
    // The session of another user cannot revoke it, even with a valid statement.
    ['revocation_invalid', mallory.phone, laptop.deviceId, statementOf(person, userId, laptop.deviceId)],
    ['not_found', mallory.phone, laptop.deviceId, statementOf(mallory.person, mallory.person.userId, laptop.deviceId)],
  ]
  for (const [code, by, deviceId, sig] of refused) expect((await revoke(by, deviceId, sig)).code).toBe(code)
  const nobody = newId<DeviceId>()
  expect((await revoke(phone, nobody, statementOf(person, userId, nobody))).code).toBe('not_found')
  expect((await revoke(phone, laptop.deviceId, toBase64Url(new Uint8Array(3)))).code).toBe('revocation_invalid')
  expect((await revoke(phone, laptop.deviceId, 'x')).code).toBe('bad_request')
  expect((await refresh(laptop)).status).toBe(200)
})

test('only a token of the session learns that its device was revoked', async () => {
  const { person, laptop, phone } = await withTwoDevices()
  const mallory = await withTwoDevices()
  await revoke(phone, laptop.deviceId, statementOf(person, person.userId, laptop.deviceId))
  const [family] = laptop.tokens.refreshToken.split('.')
  const forged = [family, ...mallory.phone.tokens.refreshToken.split('.').slice(1)].join('.')
  expect((await auth.call(authOperations.refresh, { body: { refreshToken: forged } })).code).toBe('refresh_invalid')
  const opened = await auth.call(authOperations.openSession, {
    params: { deviceId: laptop.deviceId },
    body: { proof: proofOf(laptop, mallory.person.enrolToken) },
    token: mallory.person.enrolToken,
  })
  expect(opened.code).toBe('not_found')
})
