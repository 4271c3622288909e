import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { authOperations } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ServerError, Unreachable } from '../errors.ts'
import { createRest, type Rest } from './rest.ts'

let answer: { status: number; body: unknown; headers?: Record<string, string> }
const server = createServer((_, response) => {
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
  response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
})
let rest: Rest

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  rest = createRest(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) // a TCP server has one
})
afterAll(() => void server.close())

const call = () => rest.call(authOperations.getUser, { params: { username: 'ada' }, token: 'x' })
const refused = (error: object) => ({ error: { code: 'busy', message: 'Busy', requestId: 'r', ...error } })

test('unknown fields in an answer are ignored', async () => {
  const user = { userId: 'u', username: 'ada', accountKey: 'k' }
  answer = { status: 200, body: { ...user, since: 2031, more: { deep: [1] } } }
  expect(await call()).toMatchObject(user)
  answer = { status: 503, body: { ...refused({ hint: { deep: [1] } }), more: 1 } }
  await expect(call()).rejects.toMatchObject({ code: 'busy' })
})

test('an unknown error code is kept, and is final unless the server names a retry time', async () => {
  answer = { status: 402, body: refused({ code: 'payment_required', message: 'Pay first', details: { price: 1 } }) }
  const error = await call().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ServerError)
  expect(error).toMatchObject({
    code: 'payment_required',
    message: 'Pay first',
    details: { price: 1 },
    mayRetry: false,
  })
  answer = { ...answer, headers: { 'retry-after': '3' } }
  await expect(call()).rejects.toMatchObject({ code: 'payment_required', retryMs: 3_000, mayRetry: true })
})

test.each([
  ['a page of a proxy', 'Bad gateway'],
  ['an error of another form', { error: 'nope' }],
  ['a code of another form', refused({ code: 'Not A Code' })],
  ['a code that is no text', refused({ code: 7 })],
  ['an error without a code', { error: { message: 'x', requestId: 'r' } }],
])('%s is not the server’s', async (_, body) => {
  answer = { status: 502, body }
  await expect(call()).rejects.toBeInstanceOf(Unreachable)
})
