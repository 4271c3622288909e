import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { systemClock } from '@fastchat/clock'
import { createKeys, createPodRecord, createPodSeal, openPublisher } from '@fastchat/cluster'
import { type DeviceId, type ErrorBody, errors, type Placement } from '@fastchat/schema'
import { audiences, createLifecycle, createLogger, type Lifecycle, loadConfig, type Server } from '@fastchat/service'
import { eventually, freePort, redisPrefix, startProcess, startRedis, testRedisUrl } from '@fastchat/testkit'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from '../src/app.ts'
import { Config } from '../src/config.ts'
import { openDeps } from '../src/deps.ts'

const issuer = 'fastchat'
const hmacKey = Buffer.alloc(32, 7)
const POD_HMAC_KEY = hmacKey.toString('base64url')
const log = createLogger({ service: 'test', level: 'silent' })
const podFile = join(import.meta.dirname, 'pod-process.ts')
const mainFile = join(import.meta.dirname, '..', 'src', 'main.ts')

let authLife: Lifecycle
let jwksUrl: string
let privateKey: CryptoKey
let life: Lifecycle
let prefix: string

beforeAll(async () => {
  authLife = createLifecycle(log)
  const pair = await generateKeyPair('EdDSA')
  privateKey = pair.privateKey
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'EdDSA', use: 'sig' }] })
  const auth = createServer((_, res) => res.setHeader('content-type', 'application/json').end(keys))
  authLife.own(auth, (it) => new Promise((resolve) => it.close(resolve)))
  await new Promise<void>((resolve) => auth.listen(0, '127.0.0.1', resolve))
  jwksUrl = `http://127.0.0.1:${(auth.address() as AddressInfo).port}/`
})
afterAll(() => authLife.close())
beforeEach(() => {
  life = createLifecycle(log)
  prefix = redisPrefix()
})
afterEach(() => life.close())

const deviceId = () => randomUUID() as DeviceId

const token = ({ audience = audiences.device as string, device = deviceId() } = {}) =>
  new SignJWT({ device, sid: 's' })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(randomUUID())
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey)

async function openBalancer(env: Record<string, string> = {}): Promise<Server> {
  const config = loadConfig(Config, {
    REDIS_URL: testRedisUrl(),
    AUTH_JWKS_URL: jwksUrl,
    AUTH_ISSUER: issuer,
    POD_HMAC_KEY,
    ...env,
  })
  const server = await buildApp(openDeps(config, { log, life, clock: systemClock, redisPrefix: prefix }))
  await eventually(async () => expect((await server.admin.inject('/readyz')).statusCode).toBe(200))
  return server
}

function openPod(name: string, { capacity = 1_000, redisUrl = testRedisUrl() } = {}) {
  const connections = new Set<DeviceId>()
  const redis = life.own(openPublisher({ random: Math.random, redisUrl, log }), (it) => it.disconnect())
  const load = () => ({ connections: connections.size, lagMs: 0 })
  const seal = createPodSeal(hmacKey)
  const identity = { redis, keys: createKeys(prefix), seal, pod: name, bootId: name, capacity }
  const record = life.own(createPodRecord({ ...identity, load, log, clock: systemClock, random: Math.random }), (it) =>
    it.close(),
  )
  return { name, connections, record }
}

async function ask({ app }: Server, bearer?: string) {
  const authorization = `Bearer ${bearer ?? (await token())}`
  return app.inject({ method: 'GET', url: '/v1/pod', headers: { authorization } })
}

async function offered(server: Server): Promise<string[]> {
  const reply = await ask(server)
  return reply.statusCode === 200
    ? reply
        .json<Placement>()
        .candidates.map(({ pod }) => pod)
        .sort()
    : []
}

const untilOffered = (server: Server, expected: string[]) =>
  eventually(async () => expect(await offered(server)).toEqual(expected))

const codeOf = (reply: { json(): unknown }) => (reply.json() as ErrorBody).error.code

describe('GET /v1/pod', () => {
  test('offers two pods by their paths, with the end of the reservation', async () => {
    const server = await openBalancer()
    openPod('a')
    openPod('b')
    await untilOffered(server, ['a', 'b'])
    const body = (await ask(server)).json<Placement>()
    expect(body).toEqual({
      candidates: expect.arrayContaining([
        { pod: 'a', url: '/ws/a' },
        { pod: 'b', url: '/ws/b' },
      ]),
      expiresAt: expect.any(String),
    })
    const keptMs = Date.parse(body.expiresAt) - Date.now()
    expect(keptMs).toBeGreaterThan(5_000)
    expect(keptMs).toBeLessThanOrEqual(10_000)
  })

  test('answers no_services_available with a random delay when there is no pod', async () => {
    const server = await openBalancer()
    const replies = await Promise.all(Array.from({ length: 20 }, () => ask(server)))
    for (const reply of replies) {
      expect(reply.statusCode).toBe(503)
      expect(reply.json()).toMatchObject({
        error: { code: 'no_services_available', message: errors.no_services_available.message },
      })
    }
    const waits = replies.map((reply) => Number(reply.headers['retry-after']))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(1)
    expect(new Set(waits).size).toBeGreaterThan(1)
  })

  test('needs the token of a registered device', async () => {
    const server = await openBalancer()
    expect((await server.app.inject('/v1/pod')).statusCode).toBe(401)
    expect(codeOf(await ask(server, 'forged'))).toBe('unauthorized')
    expect(codeOf(await ask(server, await token({ audience: audiences.enrol })))).toBe('unauthorized')
  })

  test('rejects devices beyond the rate limit, and counts them', async () => {
    const server = await openBalancer({ ADMIT_PER_SECOND: '0.01', ADMIT_BURST: '3' })
    const replies = await Promise.all(Array.from({ length: 5 }, () => ask(server)))
    expect(replies.map(codeOf).sort()).toEqual([
      'busy',
      'busy',
      'no_services_available',
      'no_services_available',
      'no_services_available',
    ])
    const metrics = (await server.admin.inject('/metrics')).body
    expect(metrics).toMatch(/balancer_assign_total\{result="throttled",service="balancer"\} 2/)
    expect(metrics).toMatch(/balancer_assign_total\{result="none",service="balancer"\} 3/)
    expect(metrics).toMatch(/balancer_candidates\{service="balancer"\} 0/)
  })
})

describe('placement over pods', () => {
  test('500 connections over 3 pods through two balancers: max − min is within 10 % of the mean', async () => {
    const balancers = [await openBalancer(), await openBalancer()]
    const pods = ['a', 'b', 'c'].map((name) => openPod(name))
    await eventually(async () => {
      for (const balancer of balancers) {
        expect((await balancer.admin.inject('/metrics')).body).toMatch(/balancer_candidates\{.*\} 3/)
      }
    })
    const connect = async (server: Server) => {
      const device = deviceId()
      const chosen = (await ask(server, await token({ device }))).json<Placement>().candidates[0]?.pod
      const pod = pods.find(({ name }) => name === chosen)
      if (pod === undefined) throw new Error('offered a pod that is not there')
      pod.connections.add(device)
      pod.record.arrived(device)
    }
    for (let wave = 0; wave < 10; wave++) {
      await Promise.all(Array.from({ length: 25 }, () => balancers.map(connect)).flat())
    }
    const counts = pods.map(({ connections }) => connections.size)
    expect(counts.reduce((sum, count) => sum + count)).toBe(500)
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual((500 / 3) * 0.1)
  })

  test('a pod record without a valid MAC is never offered, and is counted', async () => {
    const server = await openBalancer()
    openPod('a')
    await untilOffered(server, ['a'])
    const redis = life.own(openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log }), (it) =>
      it.disconnect(),
    )
    await eventually(() => expect(redis.status).toBe('ready'))
    const at = Date.now() + 60_000
    const keys = createKeys(prefix)
    const statement = { pod: 'evil', bootId: 'x', at: Date.now(), upMs: 0, capacity: 1_000_000, connections: 0 }
    const forged = createPodSeal(Buffer.alloc(32, 8)).seal({
      ...statement,
      lagMs: 0,
      isDraining: false,
      isShedding: false,
      revision: '',
    })
    await redis.hset(`${keys.podRecord}evil`, { boot: 'x', url: 'wss://evil.example/ws', ...forged })
    await redis.zadd(keys.pods, at, 'evil')
    for (let round = 0; round < 20; round++) expect(await offered(server)).toEqual(['a'])
    const metrics = async () => (await server.admin.inject('/metrics')).body
    expect(await metrics()).toMatch(/balancer_pod_records_ignored_total\{reason="forged",service="balancer"\} 1/)
    // The balancer reads the snapshot each second.
    await eventually(async () => expect(await metrics()).toMatch(/balancer_candidates\{service="balancer"\} 1/))
  })

  test('a killed pod is not offered after 5 s', async () => {
    const server = await openBalancer()
    const start = (name: string) =>
      startProcess({
        name,
        file: podFile,
        env: { REDIS_URL: testRedisUrl(), REDIS_PREFIX: prefix, POD_NAME: name, POD_HMAC_KEY },
      })
    const [a, b] = await Promise.all(['a', 'b'].map(start))
    for (const pod of [a, b]) life.own(pod, (it) => it?.stop())
    await eventually(async () => expect(await offered(server)).toEqual(['a', 'b']), { timeoutMs: 15_000 })
    a?.kill('SIGKILL')
    await a?.exited
    const killedAt = performance.now()
    await eventually(() => expect(performance.now() - killedAt).toBeGreaterThan(5_000))
    for (let round = 0; round < 20; round++) expect(await offered(server)).toEqual(['b'])
  })

  test('devices are placed by the snapshot while Redis is down, and by live records after its return', async () => {
    const port = await freePort()
    let redis = await startRedis({ port })
    life.own(undefined, () => redis.stop())
    const server = await openBalancer({ REDIS_URL: redis.url })
    openPod('a', { redisUrl: redis.url })
    openPod('b', { redisUrl: redis.url })
    const results = async () => (await server.admin.inject('/metrics')).body.match(/result="\w+"/g)
    await eventually(async () => {
      expect((await server.admin.inject('/metrics')).body).toMatch(/balancer_candidates\{.*\} 2/)
    })
    redis.kill('SIGKILL')
    await redis.exited
    for (let round = 0; round < 20; round++) expect(await offered(server)).toEqual(['a', 'b'])
    expect(await results()).toEqual(['result="snapshot"'])
    redis = await startRedis({ port })
    await eventually(async () => {
      expect(await offered(server)).toEqual(['a', 'b'])
      expect(await results()).toContain('result="live"')
    })
    expect(await results()).not.toContain('result="none"')
  })
})

test('the process starts, is ready, answers, and stops cleanly', async () => {
  const [port, adminPort] = [await freePort(), await freePort()]
  const ports = { PORT: String(port), ADMIN_PORT: String(adminPort) }
  const env = { REDIS_URL: testRedisUrl(), AUTH_JWKS_URL: jwksUrl, POD_HMAC_KEY, ...ports }
  const url = `http://127.0.0.1:${port}`
  const readyWhen = `http://127.0.0.1:${adminPort}/readyz`
  const service = await startProcess({ name: 'balancer', file: mainFile, env, readyWhen })
  life.own(service, (it) => it.stop())
  const reply = await fetch(`${url}/v1/pod`, { headers: { authorization: `Bearer ${await token()}` } })
  expect([200, 503]).toContain(reply.status)
  expect(await service.stop()).toEqual({ code: 0, signal: null })
})

test('a bad configuration is reported by name, without values', async () => {
  const env = { REDIS_URL: 'sekret://x', AUTH_JWKS_URL: jwksUrl, POD_HMAC_KEY: 'hunter2', ADMIT_BURST: '0' }
  const service = await startProcess({ name: 'balancer', file: mainFile, env })
  expect(await service.exited).toEqual({ code: 1, signal: null })
  expect(service.output()).toContain('REDIS_URL')
  expect(service.output()).toContain('ADMIT_BURST')
  expect(service.output()).toContain('POD_HMAC_KEY')
  expect(service.output()).not.toMatch(/sekret|hunter2/)
})
