import { randomUUID } from 'node:crypto'
import { later } from '@fastchat/clock'
import { limits } from '@fastchat/schema'
import { audiences } from '@fastchat/service'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Session } from '../../src/domain/ports.ts'
import { seedConversations, seedDevice } from '../store/seed.ts'
import { sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'
import { RawClient } from './raw-client.ts'
import { RawTcp } from './raw-tcp.ts'

let pods: Pods
let one: Pod
let two: Pod
let session: Session

beforeAll(async () => {
  pods = await Pods.open()
  ;[one, two] = await Promise.all([pods.start('one'), pods.start('two')])
  session = await seedDevice(pods.pool)
})
afterAll(() => pods.life.close())

const open = (pod = one) => new RawClient(pod.url).opened()

test('ready names the pod, the device and the limits', async () => {
  const device = await seedDevice(pods.pool)
  const client = await open()
  expect(client.ws.protocol).toBe('fastchat.v1')
  const token = await pods.token(device)
  expect(await client.ask({ t: 'hello', id: 'h', token })).toEqual({
    t: 'ready',
    id: 'h',
    pod: 'one',
    device: device.deviceId,
    dbEpoch: expect.stringMatching(/^[0-9a-f-]{36}$/),
    now: expect.any(Number),
    limits: {
      ...limits,
      ...{ sendsPerSecond: 1_000, sendBurst: 1_000, userSendsPerSecond: 1_000, userSendBurst: 1_000 },
      ...{ connectsPerSecond: 1_000, connectBurst: 1_000 },
    },
  })
  await client.untilSynced()
  expect(await client.ask({ t: 'ping', id: 'p' })).toEqual({ t: 'ok', id: 'p' })
})

test('a client that names no subprotocol is accepted', async () => {
  const ws = new WebSocket(one.url)
  await new Promise((resolve) => ws.once('open', resolve))
  expect(ws.protocol).toBe('')
  ws.close()
})

describe('hello is refused', () => {
  test.each([
    ['for no token', async () => 'x', 4501, 'unauthorized'],
    ['for a token of another kind', () => pods.token(session, { audience: audiences.enrol }), 4501, 'unauthorized'],
    ['for an expired token', () => pods.token(session, { seconds: -60 }), 4001, 'token_expired'],
    [
      'for a device that is not registered',
      () => pods.token({ ...session, deviceId: randomUUID() as never }),
      4501,
      'unauthorized',
    ],
    [
      "for somebody else's device",
      () => pods.token({ ...session, userId: randomUUID() as never }),
      4501,
      'unauthorized',
    ],
  ])('%s', async (_, token, close, code) => {
    const client = await open()
    expect(await client.ask({ t: 'hello', token: await token() })).toMatchObject({ t: 'error', code })
    expect((await client.untilClosed()).code).toBe(close)
  })

  test('for a revoked device', async () => {
    const revoked = await seedDevice(pods.pool)
    await pods.pool.query('update device set revoked_at = now() where id = $1', [revoked.device])
    const client = await open()
    expect(await client.ask({ t: 'hello', token: await pods.token(revoked) })).toMatchObject({ code: 'unauthorized' })
    expect((await client.untilClosed()).code).toBe(4501)
  })
})

describe('before hello', () => {
  test.each([
    ['another frame', '{"t":"ping","id":"1"}', 'hello_first'],
    ['an unknown frame', '{"t":"wave","id":"1"}', 'hello_first'],
    ['no JSON', 'hello', 'hello_first'],
  ])('%s ends the connection', async (_, text, code) => {
    const client = await open()
    client.sendText(text)
    expect((await client.untilClosed()).code).toBe(4500)
    expect(client.frames).toMatchObject([{ t: 'error', code }])
  })

  test('a client that says no hello in time is closed', async () => {
    const client = await open()
    await eventually(() => expect(client.closed?.code).toBe(4002), { timeoutMs: 20_000 })
    expect(client.frames).toMatchObject([{ t: 'error', code: 'hello_timeout' }])
  })
})

describe('between hello and ready', () => {
  /** Starts a pod that answers no hello before `release`. */
  async function slowPod(name: string) {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    let asked = 0
    const pod = await pods.start(name, {}, ({ registry }) => ({
      registry: {
        ...registry,
        async arrive(...who) {
          asked++
          await held
          return await registry.arrive(...who)
        },
      },
    }))
    return { pod, release, isAsked: () => eventually(() => expect(asked).toBeGreaterThan(0)) }
  }

  test('frames wait, and are handled after ready in the order sent', async () => {
    const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
    const { conversation, sessions } = seeded!
    const sends = [sendFrame(conversation), sendFrame(conversation), sendFrame(conversation)]
    const { pod, release, isAsked } = await slowPod('early')
    const client = await open(pod)
    client.send({ t: 'hello', id: 'h', token: await pods.token(sessions[0]!) })
    for (const send of sends) client.send(send)
    client.send({ t: 'wave', id: 'w' })
    client.send({ t: 'fetch', id: 'f', conversation, after: 0 })
    await isAsked()
    expect(client.frames).toEqual([])
    release()
    await eventually(() => expect(client.answer('f')).toMatchObject({ t: 'ok' }))
    await eventually(() => expect(client.answer(sends[2]!.id)).toMatchObject({ t: 'ok' }))
    expect(client.frames[0]).toMatchObject({ t: 'ready', id: 'h' })
    expect(client.answer('w')).toMatchObject({ t: 'error', code: 'unknown_frame' })
    expect(sends.map(({ id }) => client.answer(id))).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }])
    expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  })

  test('a malformed frame ends the connection after ready, and no later frame is handled', async () => {
    const client = await open()
    client.send({ t: 'hello', id: 'h', token: await pods.token(await seedDevice(pods.pool)) })
    client.sendText('{')
    client.send({ t: 'ping', id: 'p' })
    expect((await client.untilClosed()).code).toBe(4500)
    expect(client.all('ready')).toHaveLength(1)
    expect(client.all('error')).toMatchObject([{ code: 'malformed_frame' }])
    expect(client.answer('p')).toBeUndefined()
  })

  test('no frame behind a refused hello is handled', async () => {
    const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
    const { conversation, sessions } = seeded!
    const client = await open()
    client.send({ t: 'hello', id: 'h', token: await pods.token(sessions[0]!, { seconds: -60 }) })
    client.send(sendFrame(conversation))
    expect((await client.untilClosed()).code).toBe(4001)
    expect(client.frames).toMatchObject([{ t: 'error', id: 'h', code: 'token_expired' }])
    const { rows } = await pods.pool.query('select last_seq from conversation where pub_id = $1', [conversation])
    expect(rows).toEqual([{ last_seq: 0 }])
  })

  test.each([
    ['many', limits.maxEarlyFrames, '{"t":"ping","id":"p"}'],
    ['large', 1, `{"t":"ping","id":"${'p'.repeat(40_000)}"}`],
  ])('too %s frames end the connection, and none is handled', async (what, fit, ping) => {
    const { pod, release, isAsked } = await slowPod(`early-${what}`)
    const client = await open(pod)
    client.send({ t: 'hello', id: 'h', token: await pods.token(await seedDevice(pods.pool)) })
    for (let n = 0; n < fit; n++) client.sendText(ping)
    await isAsked()
    expect(client.closed).toBeUndefined()
    client.sendText(ping)
    expect((await client.untilClosed()).code).toBe(4029)
    release()
    const details = { reason: 'before_ready', maxFrames: limits.maxEarlyFrames, maxBytes: limits.maxEarlyBytes }
    expect(client.frames).toMatchObject([{ t: 'error', code: 'rate_limited', details }])
  })
})

describe('on an open connection', () => {
  test.each([
    ['no JSON', (ws: WebSocket) => ws.send('{'), 4500],
    ['a known frame in the wrong form', (ws: WebSocket) => ws.send('{"t":"ack","conversation":"x","seq":1}'), 4500],
    ['__proto__', (ws: WebSocket) => ws.send('{"t":"ping","id":"1","__proto__":{"isAdmin":true}}'), 4500],
    ['binary', (ws: WebSocket) => ws.send(Buffer.from('{"t":"ping","id":"1"}')), 4500],
    ['a frame too large', (ws: WebSocket) => ws.send(`{"t":"ping","id":"${'x'.repeat(limits.maxFrameBytes)}"}`), 1009],
    ['bad UTF-8', (ws: WebSocket) => ws.send(Buffer.from([0xc3, 0x28]), { binary: false }), 1007],
    ['crumbs', (ws: WebSocket) => crumbs(ws), 1008],
  ])('%s ends the connection', async (_, send, code) => {
    const client = await pods.connect(one, await seedDevice(pods.pool))
    send(client.ws)
    expect((await client.untilClosed()).code).toBe(code)
  })

  test('an unknown frame and a second hello are answered, and the connection stays open', async () => {
    const device = await seedDevice(pods.pool)
    const client = await pods.connect(one, device)
    expect(await client.ask({ t: 'wave' })).toMatchObject({ t: 'error', code: 'unknown_frame' })
    expect(await client.ask({ t: 'hello', token: await pods.token(device) })).toMatchObject({ code: 'bad_request' })
    expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  })

  test('a flood of frames ends the connection', async () => {
    const client = await pods.connect(one, await seedDevice(pods.pool))
    const ping = JSON.stringify({ t: 'ping', id: '1' })
    for (let n = 0; n < 8_000; n++) client.sendText(ping)
    expect((await client.untilClosed()).code).toBe(4029)
  })

  test('costly frames have a low rate limit', async () => {
    const device = await seedDevice(pods.pool)
    const client = await pods.connect(one, device)
    const token = await pods.token(device)
    const answers = await Promise.all(Array.from({ length: 25 }, () => client.ask({ t: 'token', token })))
    expect(answers.filter(({ t }) => t === 'ok').length).toBeLessThan(25)
    expect(answers.at(-1)).toMatchObject({ t: 'error', code: 'rate_limited', retryMs: expect.any(Number) })
    expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  })

  test('a conversation of others is not found', async () => {
    const [theirs] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
    const { conversation } = theirs!
    const client = await pods.connect(one, await seedDevice(pods.pool))
    expect(await client.ask({ t: 'fetch', conversation, after: 0 })).toMatchObject({ code: 'not_found' })
    client.send({ t: 'ack', conversation, seq: 1 })
    expect(await client.ask(sendFrame(conversation))).toMatchObject({ t: 'error' })
    const { rows } = await pods.pool.query('select last_seq from conversation where pub_id = $1', [conversation])
    expect(rows).toEqual([{ last_seq: 0 }])
    expect(client.seqs(conversation)).toEqual([])
  })
})

/** Sends one message in more fragments than the pod allows. */
function crumbs(ws: WebSocket): void {
  for (let n = 0; n < 40; n++) ws.send(' ', { fin: false })
}

describe('one connection per device', () => {
  test.each(['same pod', 'other pod'])('a newer connection on the %s replaces the older one', async (where) => {
    const device = await seedDevice(pods.pool)
    const older = await pods.connect(one, device)
    await older.untilSynced()
    const newer = await pods.connect(where === 'same pod' ? one : two, device)
    expect(await older.untilClosed()).toEqual({ code: 4509, reason: 'the same device has connected elsewhere' })
    expect(await newer.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  })

  test('other devices of the user stay', async () => {
    const device = await seedDevice(pods.pool)
    const other = await seedDevice(pods.pool)
    await pods.pool.query('update device set user_id = $2 where id = $1', [other.device, device.user])
    const first = await pods.connect(one, device)
    const second = await pods.connect(two, { ...other, userId: device.userId })
    await Promise.all([first.untilSynced(), second.untilSynced()])
    expect(await first.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
    expect(one.deps.bus.counts().received).toBeGreaterThan(0)
  })
})

describe('the access token', () => {
  test('ends the connection when it expires', async () => {
    const device = await seedDevice(pods.pool)
    const client = await open()
    await client.ask({ t: 'hello', token: await pods.token(device, { seconds: 2 }) })
    expect(await client.untilClosed()).toMatchObject({ code: 4001 })
    expect(client.frames.at(-1)).toMatchObject({ t: 'error', code: 'token_expired' })
  })

  test('may be renewed only by a token of the same device', async () => {
    const device = await seedDevice(pods.pool)
    const client = await open()
    await client.ask({ t: 'hello', token: await pods.token(device, { seconds: 2 }) })
    expect(await client.ask({ t: 'token', token: await pods.token(session) })).toMatchObject({ code: 'forbidden' })
    expect(await client.ask({ t: 'token', token: 'x' })).toMatchObject({ code: 'unauthorized' })
    const endsAt = Date.now() + 2_000
    expect(await client.ask({ t: 'token', token: await pods.token(device, { seconds: 60 }) })).toMatchObject({
      t: 'ok',
    })
    await eventually(() => expect(Date.now()).toBeGreaterThan(endsAt + 2_000))
    expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  })
})

test('a request for the WebSocket without an upgrade is not found', async () => {
  const answer = await fetch(one.url.replace('ws:', 'http:'))
  expect(await answer.json()).toMatchObject({ error: { code: 'not_found' } })
})

test('a client that answers no ping is cut off after two of them', async () => {
  let laterMs = 0
  const pod = await pods.start('clock', {}, ({ clock }) => ({
    clock: { ...clock, monotonicMs: () => later(clock.monotonicMs(), laterMs) },
  }))
  const session = await seedDevice(pods.pool)
  const alive = await pods.connect(pod, await seedDevice(pods.pool))
  let pings = 0
  alive.ws.on('ping', () => pings++)
  const deaf = await RawTcp.open(pod.url)
  let isCut = false
  deaf.socket.on('close', () => {
    isCut = true
  })
  deaf.frame(0x81, JSON.stringify({ t: 'hello', id: '1', token: await pods.token(session) }))
  await eventually(() => expect(deaf.text()).toContain('"t":"ready"'))
  for (let due = 1; due <= 2; due++) {
    laterMs += limits.pingIntervalMs
    await eventually(() => expect(pings).toBe(due))
    await alive.ask({ t: 'ping' })
    expect(isCut).toBe(false)
  }
  laterMs += limits.pingIntervalMs
  await eventually(() => expect(isCut).toBe(true))
  expect(await alive.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  await pod.stop()
})
