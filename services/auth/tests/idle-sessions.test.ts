import { authOperations } from '@fastchat/schema'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, keyPackagesOf, proofOf, signUp, startAuth, type TestDevice } from './auth.ts'

let auth: Auth
let database: pg.Client
beforeAll(async () => {
  auth = await startAuth({ SESSION_IDLE_DAYS: '10' })
  database = new pg.Client(auth.databaseUrl)
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await auth.stop()
})

const refresh = ({ tokens }: TestDevice) =>
  auth.call(authOperations.refresh, { body: { refreshToken: tokens.refreshToken } })
const listOf = async ({ tokens }: TestDevice) =>
  (await auth.call(authOperations.listDevices, { token: tokens.accessToken })).body.devices

/** Makes the session of a device older. */
const age = ({ tokens }: TestDevice, days: number) =>
  database.query(
    `update refresh_token set rotated_at = rotated_at - make_interval(days => $2),
       expires_at = expires_at - make_interval(days => $2) where family = $1`,
    [tokens.refreshToken.split('.')[0], days],
  )
const countOf = async (query: string, device: TestDevice): Promise<number> =>
  (await database.query(query, [device.deviceId])).rows[0].n
const packages = (device: TestDevice) =>
  countOf(
    'select count(*)::int as n from key_package k join device d on d.id = k.device_id where d.pub_id = $1',
    device,
  )
const endIdle = async () => {
  while (await auth.deps.endIdleSessions());
}

async function deviceWithPackages(person: Awaited<ReturnType<typeof signUp>>) {
  const device = await person.addDevice()
  await auth.call(authOperations.uploadKeyPackages, {
    body: { keyPackages: await keyPackagesOf(device, 2) },
    token: device.tokens.accessToken,
  })
  return device
}

test('an idle device is signed out, learns why, and signs in again with its own key', async () => {
  const person = await signUp(auth, 'ida')
  const [idle, used] = [await deviceWithPackages(person), await deviceWithPackages(person)]
  await age(idle, 11)
  await age(used, 9)
  await endIdle()
  const answer = await refresh(idle)
  expect(answer).toMatchObject({ status: 401, code: 'session_idle' })
  expect(JSON.parse(answer.raw)).toMatchObject({ error: { details: { days: 10 } } })
  expect((await listOf(used)).map(({ session }) => session)).toEqual(['idle', 'open'])
  // The device is not added to new groups meanwhile.
  expect([await packages(idle), await packages(used)]).toEqual([0, 2])
  const proof = proofOf(idle, person.enrolToken)
  const again = await auth.call(authOperations.openSession, {
    params: { deviceId: idle.deviceId },
    body: { proof },
    token: person.enrolToken,
  })
  expect(again.status).toBe(200)
  expect((await listOf(used)).map(({ session }) => session)).toEqual(['open', 'open'])
})

test('the only device of a person keeps its key packages, so that others can still add them', async () => {
  const person = await signUp(auth, 'ivo')
  const idle = await deviceWithPackages(person)
  await age(idle, 11)
  await endIdle()
  expect((await refresh(idle)).code).toBe('session_idle')
  expect(await packages(idle)).toBe(2)
})

test('a device that signed out itself, or whose token is another, does not learn of an idle session', async () => {
  const person = await signUp(auth, 'ike')
  const [gone, idle] = [await person.addDevice(), await person.addDevice()]
  await auth.call(authOperations.logout, { body: { refreshToken: gone.tokens.refreshToken } })
  await age(gone, 11)
  await age(idle, 11)
  await endIdle()
  expect((await refresh(gone)).code).toBe('refresh_invalid')
  const [family, generation, secret = ''] = idle.tokens.refreshToken.split('.')
  const forged = `${family}.${generation}.${secret.slice(0, -6)}AAAAAA`
  expect((await auth.call(authOperations.refresh, { body: { refreshToken: forged } })).code).toBe('refresh_invalid')
})

test('two processes end each session once, and tell the pods once', async () => {
  const person = await signUp(auth, 'ilo')
  const idle = await person.addDevice()
  await age(idle, 11)
  const fed = 'select count(*)::int as n from append_feed f, device d where d.pub_id = $1 and d.user_id = any (f.users)'
  const before = await countOf(fed, idle)
  await Promise.all([endIdle(), endIdle(), endIdle()])
  expect(await countOf(fed, idle)).toBe(before + 1)
})
