import { randomUUID } from 'node:crypto'
import { limits } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Session } from '../../src/domain/ports.ts'
import { messageId, seedConversations, seedDevice } from '../store/seed.ts'
import { sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'
import { RawClient } from './raw-client.ts'

let pods: Pods
/** An installation with tighter limits by address. It shares no Redis keys with the other. */
let strict: Pods

beforeAll(async () => {
  ;[pods, strict] = await Promise.all([Pods.open(), Pods.open()])
})
afterAll(() => Promise.all([pods.life.close(), strict.life.close()]))

/** A rate of one in a quarter of an hour, so no token comes back while a test runs. */
const never = '0.001'
const http = ({ url }: Pod) => url.replace('ws:', 'http:')

/**
 * Asks for a WebSocket without an upgrade. Admission answers first; an admitted request gets 404.
 */
async function knock(pod: Pod, forwardedFor?: string) {
  const answer = await fetch(http(pod), { headers: forwardedFor ? { 'x-forwarded-for': forwardedFor } : {} })
  const body = (await answer.json()) as { error: { code: string; details?: { reason?: string } } }
  const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN)
  return { status: answer.status, code: body.error.code, reason: body.error.details?.reason, retryAfter }
}

/** Creates another device of the user. */
async function deviceOf(owner: Session): Promise<Session> {
  const device = await seedDevice(pods.pool)
  await pods.pool.query('update device set user_id = $2 where id = $1', [device.device, owner.user])
  return { ...device, user: owner.user, userId: owner.userId }
}

describe('admission', () => {
  test('an address has a connect limit over all pods, and a refusal says how long to wait', async () => {
    const env = { CONNECTS_PER_SECOND: never, CONNECT_BURST: '3' }
    const [one, two] = await Promise.all([strict.start('c1', env), strict.start('c2', env)])
    for (let n = 0; n < 3; n++) expect((await knock(one, '198.51.100.7')).status).toBe(404)
    const refused = await knock(one, '203.0.113.9')
    expect(refused).toMatchObject({ status: 429, code: 'rate_limited', reason: 'connects' })
    expect(refused.retryAfter).toBeGreaterThan(0)
    await expect(new RawClient(one.url).rejected()).resolves.toContain('429')
    // The other pod admits the address until it hears of the first pod. Alone it would require a
    // wait for one token, now for more.
    await knock(two)
    await eventually(async () => {
      const again = await knock(two)
      expect(again.status).toBe(429)
      expect(again.retryAfter).toBeGreaterThan(1_000)
    })
  })

  test('a trusted proxy names the address, and a /64 of IPv6 counts as one', async () => {
    const pod = await pods.start('c3', { CONNECTS_PER_SECOND: never, CONNECT_BURST: '1', TRUST_PROXY: '127.0.0.1' })
    expect((await knock(pod, '203.0.113.1')).status).toBe(404)
    expect((await knock(pod, '203.0.113.1')).status).toBe(429)
    expect((await knock(pod, '203.0.113.2')).status).toBe(404)
    expect((await knock(pod, '2001:db8:1:2::1')).status).toBe(404)
    expect((await knock(pod, '2001:db8:1:2:ffff::9')).status).toBe(429)
    expect((await knock(pod, '2001:db8:1:3::1')).status).toBe(404)
    // The client wrote the first address. Only the last one comes from the proxy.
    expect((await knock(pod, '203.0.113.77, 203.0.113.1')).status).toBe(429)
  })

  test('the pod limits handshakes of all addresses together', async () => {
    const pod = await pods.start('c4', { HANDSHAKES_PER_SECOND: never })
    expect((await knock(pod)).status).toBe(404)
    const refused = await knock(pod)
    expect(refused).toMatchObject({ status: 503, code: 'busy', reason: 'handshakes' })
    expect(refused.retryAfter).toBeGreaterThan(0)
  })

  test.each([
    ['of one address', { WAITING_PER_ADDRESS: '2' }, 429],
    ['of all', { WAITING_SOCKETS: '2' }, 503],
  ])('the number of sockets %s without hello is limited', async (_, env, status) => {
    // The pod's clock stands still, so no `hello` times out.
    const pod = await pods.start(`w${status}`, env, ({ clock }) => {
      const at = clock.monotonicMs()
      return { clock: { ...clock, monotonicMs: () => at } }
    })
    const [first, second] = await Promise.all([1, 2].map(() => new RawClient(pod.url).opened()))
    expect(await knock(pod)).toMatchObject({ status, reason: 'waiting' })
    await first!.ask({ t: 'hello', token: await pods.token(await seedDevice(pods.pool)) })
    expect((await knock(pod)).status).toBe(404)
    const third = await new RawClient(pod.url).opened()
    expect((await knock(pod)).status).toBe(status)
    second!.close()
    await eventually(async () => expect((await knock(pod)).status).toBe(404))
    third.close()
    first!.close()
  })

  test('the number of arriving devices is limited, and connected devices go on', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    let asked = 0
    const pod = await pods.start('a1', { ARRIVING_DEVICES: '1' }, ({ registry }) => ({
      registry: {
        ...registry,
        async arrive(...who) {
          if (++asked === 2) await held
          return await registry.arrive(...who)
        },
      },
    }))
    const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
    const here = await pods.connect(pod, seeded!.sessions[0]!)
    await here.untilSynced()
    const [arriving, late] = await Promise.all([1, 2].map(() => new RawClient(pod.url).opened()))
    const token = await pods.token(seeded!.sessions[1]!)
    const answer = arriving!.ask({ t: 'hello', token })
    await eventually(() => expect(asked).toBe(2))
    const refused = await late!.ask({ t: 'hello', token: await pods.token(await seedDevice(pods.pool)) })
    expect(refused).toMatchObject({ t: 'error', code: 'busy', retryMs: expect.any(Number) })
    expect((await late!.untilClosed()).code).toBe(4013)
    expect(await here.ask(sendFrame(seeded!.conversation))).toMatchObject({ t: 'ok' })
    release()
    expect(await answer).toMatchObject({ t: 'ready' })
    await arriving!.untilSynced()
    // The slot is free again.
    await (await pods.connect(pod, await seedDevice(pods.pool))).untilSynced()
  })
})

test('a user has one send limit for all devices on all pods, and no send overtakes a refused one', async () => {
  const env = { USER_SENDS_PER_SECOND: '0.01', USER_SEND_BURST: '5' }
  const [one, two] = await Promise.all([pods.start('u1', env), pods.start('u2', env)])
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
  const { conversation, sessions } = seeded!
  const [first] = sessions
  const a = await pods.connect(one, first!)
  const answers = await Promise.all(Array.from({ length: 7 }, () => a.ask(sendFrame(conversation))))
  expect(answers.map((answer) => (answer.t === 'error' ? answer.code : answer.t))).toEqual([
    ...Array(5).fill('ok'),
    'rate_limited',
    'out_of_line',
  ])
  const b = await pods.connect(two, await deviceOf(first!))
  // This device is not in the group. Its sends are refused, but count. Alone it would have to wait
  // 100 s for a token. With the other device's sends it waits longer.
  await eventually(async () => {
    const answer = await b.ask(sendFrame(conversation, { first: true }))
    expect(answer).toMatchObject({ code: 'rate_limited' })
    expect(answer.t === 'error' && answer.retryMs).toBeGreaterThan(150_000)
  })
  // Another user has a separate limit.
  const other = await pods.connect(two, sessions[1]!)
  expect(await other.ask(sendFrame(conversation))).toMatchObject({ t: 'ok' })
})

test('an overloaded pod refuses new sockets, then sends, and keeps connected clients', async () => {
  let lagMs = 0
  const env = { SHED_SOCKETS_AT_MS: '200', SHED_SENDS_AT_MS: '500' }
  const pod = await pods.start('late', env, () => ({ takeLagMs: () => lagMs }))
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
  const client = await pods.connect(pod, seeded!.sessions[0]!)
  const send = () => client.ask(sendFrame(seeded!.conversation, { first: true }))

  lagMs = 300
  await eventually(async () => expect(await knock(pod)).toMatchObject({ status: 503, reason: 'overloaded' }))
  expect(await send()).toMatchObject({ t: 'ok' })
  lagMs = 600
  await eventually(async () =>
    expect(await send()).toMatchObject({ t: 'error', code: 'busy', retryMs: expect.any(Number) }),
  )
  expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  // New sockets are refused until the lag is half of their limit.
  lagMs = 150
  await eventually(async () => expect(await send()).toMatchObject({ t: 'ok' }))
  expect(await knock(pod)).toMatchObject({ status: 503, reason: 'overloaded' })
  lagMs = 0
  await eventually(async () => expect((await knock(pod)).status).toBe(404))
  expect(client.closed).toBeUndefined()
})

describe('over REST', () => {
  async function call(pod: Pod, method: string, path: string, session?: Session, body?: object | Buffer) {
    const isBytes = Buffer.isBuffer(body)
    const answer = await fetch(http(pod).replace('/ws', path), {
      method,
      headers: {
        ...(session && { authorization: `Bearer ${await pods.token(session)}` }),
        ...(body && { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
      },
      ...(body && { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
    })
    return { status: answer.status, retryAfter: answer.headers.get('retry-after') }
  }

  test('an address has a request limit, which applies before its token is checked', async () => {
    const pod = await strict.start('r1', { REQUESTS_PER_SECOND: never, REQUEST_BURST: '2' })
    const answers = []
    for (let n = 0; n < 3; n++) answers.push(await call(pod, 'GET', '/v1/conversations'))
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429])
    expect(Number(answers[2]?.retryAfter)).toBeGreaterThan(0)
    expect((await fetch(`${pod.adminUrl}/livez`)).status).toBe(200)
  })

  test('a user has one limit of changes for all devices', async () => {
    const pod = await pods.start('r2', { CHANGES_PER_SECOND: never, CHANGE_BURST: '2' })
    const first = await seedDevice(pods.pool)
    const reserve = (session: Session) =>
      call(pod, 'POST', '/v1/conversations', session, { kind: 'group', conversation: randomUUID() })
    expect((await reserve(first)).status).toBe(200)
    expect((await reserve(await deviceOf(first))).status).toBe(200)
    expect((await reserve(first)).status).toBe(429)
    const message = { id: messageId(), statement: 'AAAA' }
    expect((await call(pod, 'POST', `/v1/conversations/${randomUUID()}/leave`, first, message)).status).toBe(429)
    expect((await call(pod, 'GET', '/v1/conversations', first)).status).toBe(200)
    expect((await reserve(await seedDevice(pods.pool))).status).toBe(200)
  })

  /** Creates two users with a conversation whose commits can't be decoded. */
  async function seededPair() {
    const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
    const { conversation, sessions } = seeded!
    const path = `/v1/conversations/${conversation}`
    return {
      sessions,
      leave: (pod: Pod, session: Session) =>
        call(pod, 'POST', `${path}/leave`, session, { id: messageId(), statement: bytes(64) }),
      commit: (pod: Pod, session: Session, commitBytes: number, groupInfoBytes = 64) =>
        call(pod, 'POST', `${path}/commits`, session, {
          ...{ id: messageId(), groupNo: 1, epoch: 0 },
          ...{ commit: bytes(commitBytes), groupInfo: bytes(groupInfoBytes) },
        }),
    }
  }
  const bytes = (length: number) => Buffer.alloc(length).toString('base64url')

  test('a user has a daily limit of commits and leaves over all pods, which refused ones use up, too', async () => {
    const env = { COMMITS_PER_DAY: '3' }
    const [one, two] = await Promise.all([pods.start('q1', env), pods.start('q2', env)])
    const { sessions, commit, leave } = await seededPair()
    const [ann, ben] = sessions as [Session, Session]
    expect((await commit(one, ann, 64)).status).toBe(422)
    expect((await leave(one, ann)).status).toBe(422)
    expect((await commit(one, ann, 64)).status).toBe(422)
    const refused = await commit(one, ann, 64)
    expect(refused.status).toBe(429)
    // The wait is a third of a day.
    expect(Number(refused.retryAfter)).toBeGreaterThan(7 * 3_600)
    expect((await leave(one, ann)).status).toBe(429)
    await eventually(async () => expect((await leave(two, ann)).status).toBe(429))
    expect((await commit(one, ben, 64)).status).toBe(422)
  })

  test('a user has a daily limit of handshake bytes, with all parts of a commit', async () => {
    const pod = await pods.start('q3', { HANDSHAKE_BYTES_PER_DAY: String(limits.maxCommitBytes) })
    const { sessions, commit, leave } = await seededPair()
    const [ann, ben] = sessions as [Session, Session]
    const third = Math.ceil(limits.maxCommitBytes / 3)
    expect((await commit(pod, ann, third, third)).status).toBe(422)
    // The wait exceeds an hour.
    expect((await commit(pod, ann, third, 200_000)).status).toBe(429)
    expect((await leave(pod, ann)).status).toBe(422)
    expect((await commit(pod, ben, third)).status).toBe(422)
  })

  const put = (pod: Pod, session: Session, body: Buffer) =>
    call(pod, 'PUT', `/v1/attachments/${messageId()}`, session, body)

  test('a user has a limit of uploads', async () => {
    const pod = await pods.start('r3', { UPLOADS_PER_SECOND: never, UPLOAD_BURST: '2' })
    const first = await seedDevice(pods.pool)
    expect((await put(pod, first, Buffer.from('1'))).status).toBe(201)
    expect((await put(pod, await deviceOf(first), Buffer.from('2'))).status).toBe(201)
    expect((await put(pod, first, Buffer.from('3'))).status).toBe(429)
  })

  test('a user has a daily limit of uploaded bytes', async () => {
    const pod = await pods.start('r4', { UPLOAD_BYTES_PER_DAY: String(limits.maxAttachmentBytes) })
    const first = await seedDevice(pods.pool)
    const half = Buffer.alloc(limits.maxAttachmentBytes / 2)
    expect((await put(pod, first, half)).status).toBe(201)
    // The wait exceeds an hour.
    const more = Buffer.alloc(half.length + 2 * 1024 * 1024)
    expect((await put(pod, first, more)).status).toBe(429)
    expect((await put(pod, await seedDevice(pods.pool), Buffer.from('x'))).status).toBe(201)
  })
})
