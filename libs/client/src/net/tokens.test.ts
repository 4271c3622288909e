import type { WallMs } from '@fastchat/clock'
import { createAccountKey, signRevocation } from '@fastchat/crypto'
import { toBase64Url } from '@fastchat/schema'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createIdentity } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { TestServer } from '../../testing/test-server.ts'
import type { ClientError } from '../errors.ts'
import { Batch, getRecord, type SessionRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { createRest } from './rest.ts'
import { createTokens, type Tokens } from './tokens.ts'

let server: TestServer
let store: Store
let tokens: Tokens
let used: string[]
let status: number
let refusal: object
let expiresIn: number
let nowMs: number

beforeEach(async () => {
  server = await TestServer.start()
  store = memoryStore()
  await store.write(new Batch().put('meta', 'session', { refreshToken: 'refresh 0' }).writes)
  used = []
  status = 200
  refusal = { code: 'refresh_invalid' }
  expiresIn = 600
  nowMs = 0
  server.onRequest = async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    used.push((JSON.parse(Buffer.concat(chunks).toString()) as SessionRecord).refreshToken)
    const made = { accessToken: `access ${used.length}`, refreshToken: `refresh ${used.length}`, expiresIn }
    const refused = { error: { message: '', requestId: '', ...refusal } }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status === 200 ? made : refused))
  }
  tokens = createTokens(createRest(server.url), store, { wallMs: () => nowMs as WallMs })
})
afterEach(() => server.stop())

test('calls at the same time share one request, and the successor is stored and used in time', async () => {
  expect(await Promise.all([tokens.access(), tokens.access()])).toEqual(['access 1', 'access 1'])
  expect(await getRecord(store, 'meta', 'session')).toEqual({ refreshToken: 'refresh 1' })
  nowMs = 600_000 - 60_000
  expect(await tokens.access()).toBe('access 2')
  expect(used).toEqual(['refresh 0', 'refresh 1'])
})

test('a successor that could not be stored is used next, because the server forgets the stored one', async () => {
  const { write } = store
  store.write = () => Promise.reject(new Error('the disk is full'))
  await expect(tokens.access()).rejects.toThrow('the disk is full')
  store.write = write
  expect(await tokens.access()).toBe('access 2')
  expect(used).toEqual(['refresh 0', 'refresh 1'])
})

test('a short-lived token is not renewed all the time', async () => {
  expiresIn = 20
  await tokens.access()
  expect(tokens.freshForMs()).toBe(15_000)
  await tokens.access()
  expect(used).toHaveLength(1)
})

test('an ended session, a missing sign-in and an unreachable server have different errors', async () => {
  status = 401
  await expect(tokens.access()).rejects.toMatchObject({ code: 'session_ended' })
  await server.stop()
  await expect(tokens.access()).rejects.toMatchObject({ name: 'Unreachable' })
  await store.write(new Batch().remove('meta', 'session').writes)
  await expect(tokens.access()).rejects.toMatchObject({ code: 'not_signed_in' })
  server = await TestServer.start()
})

test('a device believes its revocation only when its account key has signed it', async () => {
  const account = createAccountKey()
  const { userId, deviceId } = createIdentity()
  const identity = { userId, deviceId, accountKey: toBase64Url(account.accountKey) }
  await store.write(new Batch().put('meta', 'identity', identity).writes)
  status = 401
  const refusedWith = async (statement: unknown) => {
    refusal = { code: 'device_revoked', details: { statement } }
    const error: unknown = await tokens.access().catch((reason: unknown) => reason)
    return (error as ClientError).code
  }
  const other = createIdentity()
  const others = [
    signRevocation(createAccountKey().accountPrivate, identity),
    signRevocation(account.accountPrivate, { ...identity, deviceId: other.deviceId }),
    signRevocation(account.accountPrivate, { ...identity, userId: other.userId }),
  ]
  for (const statement of [undefined, 7, '', '!', ...others.map(toBase64Url)])
    expect(await refusedWith(statement)).toBe('session_ended')
  expect(await refusedWith(toBase64Url(signRevocation(account.accountPrivate, identity)))).toBe('device_revoked')
})

test.each([
  [45, /not used for 45 days, so it was signed out\. Sign in again; your history here stays/],
  [1, /not used for a day/],
  [-1, /not used for a long time/],
  ['<b>', /not used for a long time/],
])('a device that was idle for %j days learns why its session ended', async (days, words) => {
  status = 401
  refusal = { code: 'session_idle', details: { days } }
  await expect(tokens.access()).rejects.toMatchObject({
    code: 'session_idle',
    message: expect.stringMatching(words),
  })
})
