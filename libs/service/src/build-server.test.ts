import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { operation } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { afterEach, expect, test } from 'vitest'
import type { DeviceActor } from './actor.ts'
import { AppError } from './app-error.ts'
import { actorOf, bind } from './bind.ts'
import { buildServer, type Server } from './build-server.ts'
import { createLifecycle } from './lifecycle.ts'
import { listen } from './listen.ts'
import { createLogger } from './logger.ts'

const strict = { additionalProperties: false } as const
const echo = operation({
  method: 'POST',
  path: '/v1/echo/:n',
  access: 'public',
  summary: 'For the test',
  params: Type.Object({ n: Type.Unsafe<number>({ type: 'integer', minimum: 1 }) }, strict),
  query: Type.Object({ loud: Type.Optional(Type.Integer()) }, strict),
  body: Type.Object({ text: Type.String({ maxLength: 8 }) }, strict),
  response: { 201: Type.Object({ text: Type.String(), n: Type.Integer() }) },
})
const whoami = operation({
  method: 'GET',
  path: '/v1/whoami',
  access: 'device',
  summary: 'For the test',
  response: { 204: Type.Null() },
})

const lines: string[] = []
const log = createLogger({ service: 'test', level: 'trace', destination: { write: (line) => void lines.push(line) } })
const life = createLifecycle(log)
let isReady = true
let trouble: () => void = () => undefined

async function start(): Promise<Server> {
  const server = await buildServer({
    name: 'test',
    log,
    life,
    newRequestId: randomUUID,
    ready: () => ({ ok: isReady, checks: { db: isReady } }),
  })
  bind(server, echo, ({ body, params }) => {
    trouble()
    return { text: body.text, n: params.n, secret: 'never declared' }
  })
  return server
}

afterEach(() => {
  trouble = () => undefined
  isReady = true
  lines.length = 0
})

const post = (payload: unknown, headers: Record<string, string> = {}, url = '/v1/echo/7') =>
  ({
    method: 'POST',
    url,
    payload: JSON.stringify(payload),
    headers: { 'content-type': 'application/json', ...headers },
  }) as const

test('an answer contains only the declared fields', async () => {
  const { app } = await start()
  const answer = await app.inject(post({ text: 'hi' }))
  expect(answer.statusCode).toBe(201)
  expect(answer.json()).toEqual({ text: 'hi', n: 7 })
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(answer.headers['x-content-type-options']).toBe('nosniff')
})

test.each([
  ['an unknown field', post({ text: 'hi', canary: 'canary' }), 400, 'bad_request'],
  ['a field too long', post({ text: 'canary canary' }), 400, 'bad_request'],
  ['a parameter out of range', post({ text: 'hi' }, {}, '/v1/echo/0'), 400, 'bad_request'],
  ['a query that is not a number', post({ text: 'hi' }, {}, '/v1/echo/7?loud=canary'), 400, 'bad_request'],
  ['no JSON', { ...post(''), payload: '{"canary' }, 400, 'bad_request'],
  ['a poisoned prototype', { ...post(''), payload: '{"text":"a","__proto__":{"x":1}}' }, 400, 'bad_request'],
  ['another content type', post({ text: 'hi' }, { 'content-type': 'text/canary' }), 415, 'unsupported_media_type'],
  ['plain text', post({ text: 'hi' }, { 'content-type': 'text/plain' }), 415, 'unsupported_media_type'],
  ['a compressed body', post({ text: 'hi' }, { 'content-encoding': 'gzip' }), 415, 'unsupported_media_type'],
  ['a body too large', post({ text: 'x'.repeat(70_000) }), 413, 'too_large'],
  ['an unknown path', { method: 'GET', url: '/v1/canary' } as const, 404, 'not_found'],
  ['another method', { method: 'DELETE', url: '/v1/echo/canary' } as const, 405, 'method_not_allowed'],
  ['a path of one more segment', { method: 'POST', url: '/v1/echo/7/canary' } as const, 404, 'not_found'],
  ['a broken URL', { method: 'GET', url: '/v1/echo/%ff' } as const, 400, 'bad_request'],
])('%s is refused in the one form, and nothing of it is repeated', async (_, request, status, code) => {
  const { app } = await start()
  const answer = await app.inject(request)
  expect(answer.statusCode).toBe(status)
  expect(answer.json()).toMatchObject({ error: { code, message: expect.any(String), requestId: expect.any(String) } })
  expect(answer.json().error.message).not.toContain('canary')
  expect(lines.join()).not.toContain('canary')
})

test('a wrong method gets the list of the allowed methods', async () => {
  const { app } = await start()
  const answer = await app.inject({ method: 'PUT', url: '/v1/echo/7?loud=1' })
  expect([answer.statusCode, answer.headers.allow]).toEqual([405, 'POST'])
  expect((await app.inject({ method: 'OPTIONS', url: '/v1/echo/7' })).headers.allow).toBe('POST')
  expect((await app.inject({ method: 'PUT', url: '/v1/other' })).headers.allow).toBeUndefined()
})

test('details name the field and the rule that it breaks', async () => {
  const { app } = await start()
  const { error } = (await app.inject(post({ text: 'much too long' }))).json()
  expect(error.details).toEqual({ in: 'body', problems: [{ path: '/text', rule: 'maxLength' }] })
})

test('a known error keeps its code, an outage becomes busy, and others become internal without details', async () => {
  const { app } = await start()
  const answers = []
  for (const error of [
    new AppError('rate_limited', { per: 'ip' }, { retryMs: 1_500 }),
    Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    new Error('outer', { cause: Object.assign(new Error('gone'), { code: '57P01' }) }),
    new Error('the reason is ours'),
  ]) {
    trouble = () => {
      throw error
    }
    answers.push(await app.inject(post({ text: 'hi' })))
  }
  expect(answers.map((it) => [it.statusCode, it.json().error.code, it.headers['retry-after']])).toEqual([
    [429, 'rate_limited', '2'],
    [503, 'busy', '1'],
    [503, 'busy', '1'],
    [500, 'internal', undefined],
  ])
  expect(answers[0]?.json().error.details).toEqual({ per: 'ip' })
  expect(answers[3]?.body).not.toContain('ours')
  expect(lines.join()).toContain('the reason is ours')
})

test('an outage is logged with its cause, but a request rejected for lack of capacity is not', async () => {
  const { app } = await start()
  trouble = () => {
    throw new AppError('busy', { reason: 'handshakes' }, { retryMs: 1_000 })
  }
  expect((await app.inject(post({ text: 'hi' }))).statusCode).toBe(503)
  expect(lines.join()).not.toContain('request failed')
  trouble = () => {
    throw Object.assign(new Error('connect to postgres'), { code: 'ECONNREFUSED' })
  }
  expect((await app.inject(post({ text: 'hi' }))).statusCode).toBe(503)
  expect(lines.join()).toMatch(/request failed.*connect to postgres|connect to postgres.*request failed/)
})

test('an operation whose access rule cannot be enforced cannot be bound', async () => {
  const server = await start()
  expect(() => bind(server, whoami, () => undefined)).toThrow(/cannot be bound/)
  // Simulates a contract with an access rule that this code does not know.
  const unknown = { ...echo, path: '/v1/other', access: 'admin' } as unknown as typeof echo
  expect(() => bind(server, unknown, ({ body }) => ({ text: body.text, n: 1 }))).toThrow(/cannot be bound/)
})

test('a hook knows the caller before the body is read, and throws for public operations', async () => {
  const actor = { scope: 'device', userId: 'u', deviceId: 'd', sessionId: 's', expiresAt: 0 } as unknown as DeviceActor
  const verifier = { device: async () => actor, enrol: () => Promise.reject(new Error('no such token')) }
  const server = await buildServer({
    name: 'test',
    log,
    life,
    newRequestId: randomUUID,
    verifier,
    ready: () => ({ ok: true, checks: {} }),
  })
  const seen: unknown[] = []
  const onRequest = async (req: FastifyRequest) => void seen.push([actorOf(req), req.body])
  const input = { ...echo, access: 'device' } as const
  bind(server, input, ({ body }) => ({ text: body.text, n: 1 }), { onRequest })
  bind(server, { ...echo, path: '/v1/open/:n' }, ({ body }) => ({ text: body.text, n: 1 }), { onRequest })
  const { statusCode } = await server.app.inject(post({ text: 'hi' }, { authorization: 'Bearer x' }))
  expect([statusCode, seen]).toEqual([201, [[actor, undefined]]])
  const open = await server.app.inject(post({ text: 'hi' }, { authorization: 'Bearer x' }, '/v1/open/7'))
  expect(open.json()).toMatchObject({ error: { code: 'unauthorized' } })
})

test("the operators' port has health and metrics", async () => {
  const { app, admin } = await start()
  await app.inject(post({ text: 'hi' }))
  expect((await admin.inject('/livez')).statusCode).toBe(200)
  expect((await admin.inject('/readyz')).json()).toEqual({ ok: true, checks: { db: true } })
  isReady = false
  expect((await admin.inject('/readyz')).statusCode).toBe(503)
  expect((await admin.inject('/livez')).statusCode).toBe(200)
  const { body } = await admin.inject('/metrics')
  expect(body).toMatch(/http_request_duration_seconds_count{[^}]*route="\/v1\/echo\/:n"[^}]*status="201"[^}]*} 1/)
  expect(body).toContain('nodejs_eventloop_lag_seconds')
})

test("the public port lacks the operators' routes", async () => {
  const { app } = await start()
  for (const path of ['/livez', '/readyz', '/startupz', '/metrics', '/drain'])
    expect((await app.inject(path)).statusCode, path).toBe(404)
})

test('startupz stays ok after the first ready', async () => {
  isReady = false
  const { admin } = await start()
  expect((await admin.inject('/startupz')).statusCode).toBe(503)
  isReady = true
  expect((await admin.inject('/startupz')).statusCode).toBe(200)
  isReady = false
  expect((await admin.inject('/startupz')).statusCode).toBe(200)
})

test('drain calls onLeave once, makes readyz fail, and keeps answering', async () => {
  const own = createLifecycle(log)
  let left = 0
  const ready = () => ({ ok: true, checks: {} })
  const { admin } = await buildServer({
    name: 'test',
    log,
    life: own,
    newRequestId: randomUUID,
    ready,
    onLeave: () => left++,
  })
  expect((await admin.inject('/readyz')).statusCode).toBe(200)
  const draining = [admin.inject('/drain'), admin.inject('/drain')]
  await eventually(async () => expect((await admin.inject('/readyz')).statusCode).toBe(503))
  expect((await admin.inject('/livez')).statusCode).toBe(200)
  expect((await Promise.all(draining)).map(({ statusCode }) => statusCode)).toEqual([200, 200])
  expect(left).toBe(1)
  await own.close()
})

test('a server that closes is not ready', async () => {
  const own = createLifecycle(log)
  const { app, admin } = await buildServer({
    name: 'test',
    log,
    life: own,
    newRequestId: randomUUID,
    ready: () => ({ ok: true, checks: {} }),
  })
  await app.ready()
  own.own('holds the closing', async () => {
    expect((await admin.inject('/readyz')).statusCode).toBe(503)
  })
  const failures = lines.length
  await own.close()
  expect(lines.slice(failures)).toEqual([])
})

test('malformed HTTP gets an error in the same form', async () => {
  const server = await start()
  const { port } = await listen(server, { host: '127.0.0.1', port: 0, adminPort: 0 })
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('canary\r\n\r\n'))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
  expect(answer).toMatch(/^HTTP\/1.1 400 /)
  expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ error: { code: 'bad_request' } })
  await life.close()
})
