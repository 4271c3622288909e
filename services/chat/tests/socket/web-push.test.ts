import { createPublicKey, randomUUID } from 'node:crypto'
import type { PushState } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Session } from '../../src/domain/ports.ts'
import { publicLookup } from '../../src/web-push/push-client.ts'
import { seedConversations, seedDeviceOf } from '../store/seed.ts'
import { sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'
import { openPushReceiver, type PushReceiver } from './push-receiver.ts'

let pods: Pods
let service: PushReceiver
let one: Pod
let two: Pod

beforeAll(async () => {
  ;[pods, service] = await Promise.all([Pods.open(), openPushReceiver()])
  const env = {
    PUSH_KEY: 'AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE',
    PUSH_CONTACT: 'mailto:ops@example.org',
    PUSH_PRIVATE_HOSTS: 'localhost',
    PUSH_CA: service.ca,
    // Cursors are saved each second.
    PUSH_AFTER_SECONDS: '2',
    PUSH_EVERY_SECONDS: '4',
  }
  ;[one, two] = await Promise.all([pods.start('one', env), pods.start('two', env)])
})
afterAll(async () => {
  await pods.life.close()
  await service.close()
})

/** Begins a session of a device, and returns how it calls the operations on its endpoint. */
async function signIn(session: Session) {
  const sid = randomUUID()
  await pods.pool.query(
    `insert into refresh_token (family, device_id, hash, expires_at) values ($1, $2, '', now() + interval '1 day')`,
    [sid, session.device],
  )
  const token = await pods.token(session, { sid })
  const call = async (method: string, body?: object) =>
    await fetch(`${one.url.replace('ws:', 'http:').replace('/ws', '')}/v1/push`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
  return {
    sid,
    call,
    state: async () => (await (await call('GET')).json()) as PushState,
    async register(path: string) {
      const { status } = await call('PUT', { endpoint: `${service.origin}${path}` })
      expect(status).toBe(204)
    },
  }
}

const group = async (devices: number) => (await seedConversations(pods.pool, { conversations: 1, devices }))[0]!
const pushesTo = (path: string) => service.received.filter((one) => one.path === path)

test('a closed device is woken once for a burst on two pods, without content, by the server’s own key', async () => {
  const { conversation, sessions } = await group(3)
  const path = '/burst'
  const asleep = await signIn(sessions[2]!)
  await asleep.register(path)
  const [a, b] = await Promise.all([pods.connect(one, sessions[0]!), pods.connect(two, sessions[1]!)])
  await Promise.all([a, b].flatMap((client) => [1, 2, 3].map(() => client.ask(sendFrame(conversation)))))
  await eventually(() => expect(pushesTo(path)).toHaveLength(1))
  // One more message is a second push, and both pods have looked at the burst before it.
  await a.ask(sendFrame(conversation))
  await eventually(() => expect(pushesTo(path)).toHaveLength(2))

  const { headers, body } = pushesTo(path)[0]!
  expect(body).toBe('')
  expect(headers).toMatchObject({ 'content-length': '0', ttl: '86400', urgency: 'high', topic: 'message' })
  expect(headers['content-encoding']).toBeUndefined()
  const [, token, key] = /^vapid t=(\S+), k=(\S+)$/.exec(headers.authorization ?? '') ?? []
  const { publicKey } = await asleep.state()
  expect(key).toBe(publicKey)
  const point = Buffer.from(key ?? '', 'base64url')
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString('base64url'))
  const verifying = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' })
  const { payload } = await jwtVerify(token ?? '', verifying, { audience: service.origin })
  expect(payload.sub).toBe('mailto:ops@example.org')
})

test('who has fetched, the sender’s devices, and revoked, signed-out and removed ones are not woken', async () => {
  const { conversation, sessions } = await group(6)
  const [sender, awake, revoked, out, removed, asleep] = sessions
  const names = ['own', 'awake', 'revoked', 'out', 'removed', 'asleep']
  const own = await seedDeviceOf(pods.pool, sender!)
  await pods.pool.query(
    `insert into leaf (conversation_id, device_id, group_no, leaf_index, from_seq)
     select id, $2, 1, 9, 1 from conversation where pub_id = $1`,
    [conversation, own.device],
  )
  const signedIn = await Promise.all([own, awake!, revoked!, out!, removed!, asleep!].map(signIn))
  for (const [n, device] of signedIn.entries()) await device.register(`/${names[n]}`)
  const client = await pods.connect(two, awake!)
  await client.untilSynced()
  await pods.pool.query('update device set revoked_at = now() where id = $1', [revoked!.device])
  await pods.pool.query('update refresh_token set revoked_at = now() where family = $1', [signedIn[3]!.sid])
  expect((await signedIn[4]!.call('DELETE')).status).toBe(204)

  const writer = await pods.connect(one, sender!)
  const { seq } = (await writer.ask(sendFrame(conversation))) as { seq: number }
  client.send({ t: 'ack', conversation, seq })
  await eventually(() => expect(pushesTo('/asleep')).toHaveLength(1))
  expect(names.filter((name) => pushesTo(`/${name}`).length > 0)).toEqual(['asleep'])
})

test('an endpoint is forgotten when its service does not know it, and when it has failed too often', async () => {
  const { conversation, sessions } = await group(4)
  const [sender, gone, failing, moved] = sessions
  const devices = await Promise.all([gone!, failing!, moved!].map(signIn))
  for (const [n, path] of ['/gone', '/failing', '/moved'].entries()) await devices[n]!.register(path)
  service.status.set('/gone', 410).set('/failing', 500).set('/moved', 307)
  await pods.pool.query('update push_subscription set failures = 10 where device_id = $1', [failing!.device])
  const writer = await pods.connect(one, sender!)
  await writer.ask(sendFrame(conversation))
  await eventually(async () => {
    const states = await Promise.all(devices.map(({ state }) => state()))
    expect(states.map(({ endpoint }) => endpoint)).toEqual([undefined, undefined, `${service.origin}/moved`])
  })
  await eventually(() => expect(pushesTo('/moved')).toHaveLength(1))
  expect(pushesTo('/elsewhere')).toEqual([])
})

test('one endpoint a device, of an allowed push service only, and none without a session', async () => {
  const { sessions } = await group(1)
  const device = await signIn(sessions[0]!)
  await device.register('/first')
  await device.register('/second')
  expect((await device.state()).endpoint).toBe(`${service.origin}/second`)
  for (const endpoint of ['https://example.org/x', 'https://127.0.0.1/x', 'https://localhost.example.org/x'])
    expect((await device.call('PUT', { endpoint })).status).toBe(422)
  for (const endpoint of ['http://localhost/x', 'https://localhost/ä', `https://localhost/${'x'.repeat(1024)}`])
    expect((await device.call('PUT', { endpoint })).status).toBe(400)
  await pods.pool.query('delete from refresh_token where family = $1', [device.sid])
  const { rows } = await pods.pool.query('select from push_subscription where device_id = $1', [sessions[0]!.device])
  expect(rows).toEqual([])
})

test('a pod without a key sends nothing and says so', async () => {
  const { sessions } = await group(1)
  const device = await signIn(sessions[0]!)
  const off = await pods.start('off')
  const url = `${off.url.replace('ws:', 'http:').replace('/ws', '')}/v1/push`
  const headers = { authorization: `Bearer ${await pods.token(sessions[0]!, { sid: device.sid })}` }
  expect(await (await fetch(url, { headers })).json()).toEqual({})
  const body = JSON.stringify({ endpoint: `${service.origin}/off` })
  const answer = await fetch(url, { method: 'PUT', headers: { ...headers, 'content-type': 'application/json' }, body })
  expect((await answer.json()) as object).toMatchObject({ error: { code: 'push_off' } })
})

test('a name that leads into a private network gets no connection', async () => {
  const outcome = (host: string) =>
    new Promise((resolve) => publicLookup(host, {}, (error, address) => resolve(error?.message ?? address)))
  expect(await outcome('localhost')).toBe('the host has an address that is not public')
  expect(await outcome('8.8.8.8')).toBe('8.8.8.8')
})
