import { hashInviteCode } from '@fastchat/db'
import { authOperations } from '@fastchat/schema'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, proofOf, signUp, signupBody, startAuth } from './auth.ts'

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

const setSignup = (mode: string) => database.query('update installation set signup = $1', [mode])
const invite = (code: string, uses = 1, until = '1 day') =>
  database.query(
    'insert into invite (code_hash, uses_left, expires_at) values ($1, $2, now() + $3::interval) returning id',
    [hashInviteCode(code), uses, until],
  )

async function signup(username: string, code?: string) {
  const body = { ...signupBody(username).body, ...(code !== undefined && { invite: code }) }
  const { status, code: error } = await auth.call(authOperations.signup, { body })
  return error ?? status
}

test('while sign-up is closed, existing accounts still log in', async () => {
  const { username, password } = await signUp(auth, 'early')
  await setSignup('closed')
  expect(await signup('late', 'SOME-CODE')).toBe('signup_closed')
  expect((await auth.call(authOperations.login, { body: { username, password } })).status).toBe(200)
  await setSignup('open')
  expect(await signup('late', 'SOME-CODE')).toBe(201)
})

test('an invitation allows its number of sign-ups, in any spelling of its code', async () => {
  await setSignup('invite')
  await invite('ABCD-1234', 2)
  expect(await signup('one')).toBe('invite_required')
  expect(await signup('one', 'ABCD-1235')).toBe('invite_invalid')
  expect(await signup('one', 'ABCD-1234')).toBe(201)
  expect(await signup('one', 'ABCD-1234')).toBe('username_taken') // a rejected sign-up uses nothing up
  expect(await signup('two', 'abcd1234')).toBe(201)
  expect(await signup('three', 'ABCD-1234')).toBe('invite_invalid')
  await setSignup('open')
})

test('an expired or revoked code is rejected', async () => {
  await setSignup('invite')
  await invite('OVER', 1, '-1 second')
  const { rows } = await invite('REVOKED')
  await database.query('update invite set revoked_at = now() where id = $1', [rows[0].id])
  expect(await signup('nobody', 'OVER')).toBe('invite_invalid')
  expect(await signup('nobody', 'REVOKED')).toBe('invite_invalid')
  await setSignup('open')
})

test('of many simultaneous sign-ups with the last use of a code, one succeeds', async () => {
  await setSignup('invite')
  await invite('RACE')
  const outcomes = await Promise.all(Array.from({ length: 6 }, (_, n) => signup(`racer${n}`, 'RACE')))
  expect(outcomes.filter((outcome) => outcome === 201)).toHaveLength(1)
  expect(outcomes.filter((outcome) => outcome === 'invite_invalid')).toHaveLength(5)
  await setSignup('open')
})

test('a disabled account cannot log in, refresh or add a device, and only the right password tells why', async () => {
  const person = await signUp(auth, 'mallory')
  const { username, password, enrolToken } = person
  const device = await person.addDevice()
  const { refreshToken } = device.tokens
  const setDisabled = (at: string) =>
    database.query(`update "user" set disabled_at = ${at} where username = $1`, [username])
  const open = () =>
    auth.call(authOperations.openSession, {
      params: { deviceId: device.deviceId },
      body: { proof: proofOf(device, enrolToken) },
      token: enrolToken,
    })
  await setDisabled('now()')
  expect((await auth.call(authOperations.login, { body: { username, password } })).code).toBe('account_disabled')
  const wrong = await auth.call(authOperations.login, { body: { username, password: 'wrong' } })
  expect(wrong.code).toBe('wrong_credentials')
  expect((await open()).code).toBe('account_disabled')
  const another = { body: person.newDevice('other').request, token: enrolToken }
  expect((await auth.call(authOperations.registerDevice, another)).code).toBe('account_disabled')
  expect((await auth.call(authOperations.refresh, { body: { refreshToken } })).code).toBe('refresh_invalid')
  await setDisabled('null')
  expect((await auth.call(authOperations.login, { body: { username, password } })).status).toBe(200)
  expect((await open()).status).toBe(200)
})

test('a deleted account looks unknown, keeps its name taken, and can still be looked up by id', async () => {
  const [person, friend] = [await signUp(auth, 'moira'), await signUp(auth, 'friend')]
  const { username, password, enrolToken } = person
  const { refreshToken } = (await person.addDevice()).tokens
  const { accessToken: token } = (await friend.addDevice()).tokens
  expect(await database.query('select delete_account($1) as done', [username])).toMatchObject({
    rows: [{ done: true }],
  })
  expect(await database.query('select delete_account($1) as done', [username])).toMatchObject({
    rows: [{ done: false }],
  })
  expect((await auth.call(authOperations.login, { body: { username, password } })).code).toBe('wrong_credentials')
  expect((await auth.call(authOperations.refresh, { body: { refreshToken } })).code).toBe('refresh_invalid')
  const another = { body: person.newDevice('other').request, token: enrolToken }
  expect((await auth.call(authOperations.registerDevice, another)).status).toBeGreaterThanOrEqual(400)
  const { rows } = await database.query(
    'select count(*)::int as devices from device d join "user" u on u.id = d.user_id where u.username = $1',
    [username],
  )
  expect(rows).toEqual([{ devices: 1 }])
  expect((await auth.call(authOperations.getUser, { params: { username }, token })).status).toBe(404)
  const found = await auth.call(authOperations.searchUsers, { query: { query: 'moir' }, token })
  expect(found.body.users).toEqual([])
  expect(await signup(username)).toBe('username_taken')
  const known = await auth.call(authOperations.lookUpUsers, { body: { userIds: [person.userId] }, token })
  expect(known.body.users).toMatchObject([{ userId: person.userId, username, deleted: true }])
})
