import { authOperations, limits, toBase64Url } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, signUp, startAuth, type TestDevice } from './auth.ts'

let auth: Auth
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

const sealed = (text: string) => toBase64Url(Buffer.from(text))
const get = ({ tokens }: TestDevice, after?: number) =>
  auth.call(authOperations.getBackup, {
    token: tokens.accessToken,
    ...(after !== undefined && { query: { after: String(after) } }),
  })
const put = ({ tokens }: TestDevice, version: number, body: string) =>
  auth.call(authOperations.putBackup, { token: tokens.accessToken, body: { version, body } })

test('all devices of the account, and no others, read and replace the index', async () => {
  const [alice, mallory] = [await signUp(auth, 'alice'), await signUp(auth, 'mallory')]
  const [laptop, phone, other] = [await alice.addDevice(), await alice.addDevice(), await mallory.addDevice()]
  expect((await get(laptop)).body).toEqual({ version: 0 })
  expect(await put(laptop, 1, sealed('first'))).toMatchObject({ status: 200, body: { version: 1 } })
  expect((await get(phone)).body).toEqual({ version: 1, body: sealed('first') })
  expect((await get(phone, 1)).body).toEqual({ version: 1 })
  expect(await put(phone, 2, sealed('second'))).toMatchObject({ status: 200, body: { version: 2 } })
  expect((await get(other)).body).toEqual({ version: 0 })
  // The account state is another thing.
  expect((await auth.call(authOperations.getAccountState, { token: laptop.tokens.accessToken })).body).toEqual({
    version: 0,
  })
})

test('of two devices that store the same version one is refused', async () => {
  const bob = await signUp(auth, 'bob')
  const [laptop, phone] = [await bob.addDevice(), await bob.addDevice()]
  await put(laptop, 1, sealed('first'))
  const both = await Promise.all([put(laptop, 2, sealed('a')), put(phone, 2, sealed('b'))])
  expect(both.map(({ status, code }) => code ?? status).toSorted()).toEqual([200, 'stale_version'])
  expect((await put(phone, 4, sealed('c'))).code).toBe('stale_version')
})

test('an index is bounded', async () => {
  const cleo = await (await signUp(auth, 'cleo')).addDevice()
  const largest = toBase64Url(Buffer.alloc(limits.maxBackupIndexBytes))
  expect((await put(cleo, 1, largest)).status).toBe(200)
  expect((await put(cleo, 2, `${largest}AAAA`)).status).toBeGreaterThanOrEqual(400)
})
