import { join } from 'node:path'
import { systemClock } from '@fastchat/clock'
import { createKeys, createPodSeal, openPods, openPublisher } from '@fastchat/cluster'
import { candidateOf } from '@fastchat/schema'
import { eventually, freePort, startProcess, testRedisUrl } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedConversations, seedDevice } from '../store/seed.ts'
import { sendFrame } from './by-hand.ts'
import { Pods } from './pods.ts'
import { RawClient } from './raw-client.ts'

const mainFile = join(import.meta.dirname, '..', '..', 'src', 'main.ts')

let pods: Pods

beforeAll(async () => {
  pods = await Pods.open()
})
afterAll(() => pods.life.close())

async function startPod(env: Record<string, string> = {}) {
  const [port, adminPort] = [await freePort(), await freePort()]
  const process = await startProcess({
    name: 'chat',
    file: mainFile,
    // All pods here share one address and its rates in Redis.
    env: {
      ...pods.env('real'),
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      CONNECTS_PER_SECOND: '1000',
      CONNECT_BURST: '1000',
      ...env,
    },
    readyWhen: `http://127.0.0.1:${adminPort}/readyz`,
  })
  return { process, port, admin: `http://127.0.0.1:${adminPort}`, url: `ws://127.0.0.1:${port}/ws` }
}

test('SIGTERM answers sends, names other pods, saves cursors and exits with 0', async () => {
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
  const { conversation, sessions } = seeded!
  const { process, admin, url } = await startPod()
  const alice = await new RawClient(url).opened()
  const bob = await new RawClient(url).opened()
  await alice.ask({ t: 'hello', token: await pods.token(sessions[0]!) })
  await bob.ask({ t: 'hello', token: await pods.token(sessions[1]!) })
  const sending = Array.from({ length: 20 }, () => alice.ask(sendFrame(conversation)))
  await eventually(() => expect(bob.seqs(conversation).length).toBeGreaterThan(0))

  process.kill('SIGTERM')
  const answers = await Promise.all(sending)
  expect(await alice.untilClosed()).toMatchObject({ code: 1012 })
  expect(await bob.untilClosed()).toMatchObject({ code: 1012 })
  expect(await process.exited).toMatchObject({ code: 0 })

  const stored = answers.filter(({ t }) => t === 'ok').length
  expect(alice.all('reconnect')).toEqual([
    { t: 'reconnect', afterMs: expect.any(Number), candidates: expect.any(Array) },
  ])
  const { rows } = await pods.pool.query(
    `select count(*)::int from message m join conversation c on c.id = m.conversation_id where c.pub_id = $1`,
    [conversation],
  )
  expect(rows).toEqual([{ count: stored }])
  const cursor = await pods.pool.query('select acked_seq from device_cursor where device_id = $1', [
    sessions[1]!.device,
  ])
  expect(cursor.rows).toEqual([{ acked_seq: bob.seqs(conversation).at(-1) }])
  await expect(fetch(`${admin}/livez`)).rejects.toThrow()
})

test('a draining pod names other pods to its clients, and a pod asked to leave keeps its clients', async () => {
  const { process, admin, url } = await startPod({ POD_NAME: 'leaving' })
  const other = await startPod({ POD_NAME: 'staying' })
  const client = await new RawClient(url).opened()
  await client.ask({ t: 'hello', token: await pods.token(await seedDevice(pods.pool)) })
  const silent = { info: () => {}, warn: () => {} }
  const redis = openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log: silent })
  const seal = createPodSeal(Buffer.from(pods.env('leaving').POD_HMAC_KEY ?? '', 'base64url'))
  const registry = openPods({ redis, keys: createKeys(), seal, log: silent, clock: systemClock, random: Math.random })
  const known = async () => (await registry.read()).map(({ pod }) => pod)
  await eventually(async () => expect(await known()).toContain('leaving'))

  const isDraining = async () => /^chat_draining\{.*\} 1$/m.test(await (await fetch(`${admin}/metrics`)).text())
  expect(await isDraining()).toBe(false)
  const drained = fetch(`${admin}/drain`)
  await eventually(async () => expect((await fetch(`${admin}/readyz`)).status).toBe(503))
  expect(await known()).not.toContain('leaving')
  expect(await isDraining()).toBe(true)
  expect((await fetch(url.replace('ws:', 'http:'))).status).toBe(503)
  expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  expect((await drained).status).toBe(200)

  process.kill('SIGTERM')
  expect(await client.untilClosed()).toMatchObject({ code: 1012 })
  const asked = client.all('reconnect')
  expect(asked.map(({ candidates }) => candidates)).toEqual([expect.arrayContaining([candidateOf('staying')])])
  expect(await process.exited).toMatchObject({ code: 0 })
  redis.disconnect()
  await other.process.stop()
})

test('a path that names another pod is served and counted', async () => {
  const { process, admin, url } = await startPod({ POD_NAME: 'chat-1' })
  for (const name of ['chat-1', 'chat-2']) {
    const client = await new RawClient(`${url}/${name}`).opened()
    await client.ask({ t: 'hello', token: await pods.token(await seedDevice(pods.pool)) })
  }
  expect(await (await fetch(`${admin}/metrics`)).text()).toMatch(/^ws_misrouted_total\{.*\} 1$/m)
  await process.stop()
})

test('a full pod rejects the handshake and says how long to wait', async () => {
  const { process, port, url } = await startPod({ POD_CAPACITY: '1' })
  const kept = await Promise.all([1, 2].map(() => new RawClient(url).opened()))
  const rejected = await fetch(`http://127.0.0.1:${port}/ws`)
  expect(rejected.status).toBe(503)
  expect(rejected.headers.get('retry-after')).toBe('5')
  expect(await rejected.json()).toMatchObject({ error: { code: 'busy', details: { reason: 'full' } } })
  for (const client of kept) client.close()
  await process.stop()
})

test('a stalled pod rejects new clients, keeps connected ones, and recovers', async () => {
  const { process, port, url } = await startPod({ SHED_SOCKETS_AT_MS: '100' })
  const client = await new RawClient(url).opened()
  await client.ask({ t: 'hello', token: await pods.token(await seedDevice(pods.pool)) })
  const knock = async () => (await fetch(`http://127.0.0.1:${port}/ws`)).status
  let isHeld = false
  const holding = setInterval(() => {
    isHeld = !isHeld
    process.kill(isHeld ? 'SIGSTOP' : 'SIGCONT')
  }, 300)
  await eventually(async () => expect(await knock()).toBe(503), { timeoutMs: 25_000 })
  clearInterval(holding)
  process.kill('SIGCONT')
  await eventually(async () => expect(await knock()).toBe(404), { timeoutMs: 25_000 })
  expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  await process.stop()
}, 60_000)

test('metrics count connections, sends and deliveries', async () => {
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 1 })
  const { conversation, sessions } = seeded!
  const { process, admin, url } = await startPod({ POD_CAPACITY: '7' })
  const client = await new RawClient(url).opened()
  await client.ask({ t: 'hello', token: await pods.token(sessions[0]!) })
  const send = sendFrame(conversation)
  for (const frame of [send, send, sendFrame(conversation, { epoch: 99 })]) await client.ask(frame)
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  expect(metrics).toMatch(/^chat_ws_capacity\{.*\} 7$/m)
  expect(metrics).toMatch(/^chat_ws_accept_total\{.*\} 1$/m)
  expect(metrics).toMatch(/^chat_draining\{.*\} 0$/m)
  expect(metrics).toMatch(/^chat_send_queue_bytes\{.*\} 0$/m)
  for (const result of ['stored', 'duplicate', 'stale_epoch'])
    expect(metrics).toMatch(new RegExp(`^chat_sends_total\\{.*result="${result}".*\\} 1$`, 'm'))
  expect(metrics).toMatch(/^chat_append_batch_rows_sum\{.*\} 3$/m)
  expect(metrics).toMatch(/^chat_append_seconds_count\{.*\} 3$/m)
  expect(metrics).toMatch(/^chat_event_loop_lag_seconds\{.*quantile="0.99".*\} \d/m)
  expect(metrics).toMatch(/^chat_ws_connections\{.*\} 1$/m)
  expect(metrics).toMatch(/^chat_ws_devices\{.*\} 1$/m)
  expect(metrics).toMatch(/^chat_sweep_seconds_count\{.*\} [1-9]/m)
  client.sendText('{')
  await client.untilClosed()
  await eventually(async () => {
    const later = await (await fetch(`${admin}/metrics`)).text()
    expect(later).toMatch(/^chat_ws_close_total\{.*code="4500".*\} 1$/m)
    expect(later).toMatch(/^chat_redis_bus_lag_seconds\{.*\} [0-9.e-]*[1-9]/m)
  })
  await process.stop()
})
