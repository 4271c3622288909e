import {
  type CertificateAuthority,
  createCertificateAuthority,
  eventually,
  type LocalSentinel,
  startSentinel,
} from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createBus } from '../src/bus.ts'
import { openPublisher } from '../src/connections.ts'
import { conversationId, hmacKey, type Pod, podOf, publishAll, silentLog, surroundings } from './bus-harness.ts'

/** An election among busy Sentinels takes longer than their configured timeout. */
const healTimeoutMs = 60_000
const testTimeoutMs = 120_000

let authority: CertificateAuthority
let redis: LocalSentinel
const closing: (() => unknown)[] = []

beforeAll(async () => {
  authority = await createCertificateAuthority()
  const tls = await authority.issue('redis')
  redis = await startSentinel({ password: 'secret', sentinelPassword: 'watch', tls })
}, testTimeoutMs)
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(async () => {
  await redis.stop()
  await authority.remove()
})

async function openPair(): Promise<[Pod, Pod]> {
  const target = { redisUrl: redis.url, redisCa: authority.certificate }
  const [a, b] = ['a', 'b'].map((origin) => {
    const bus = createBus({ ...target, ...surroundings, hmacKey, origin })
    closing.push(() => bus.close())
    return podOf(bus)
  })
  await untilHealthy(a!, b!)
  return [a!, b!]
}

const untilHealthy = (...pods: readonly Pod[]) =>
  eventually(() => expect(pods.map(({ bus }) => bus.healthy())).toEqual(pods.map(() => true)), {
    timeoutMs: healTimeoutMs,
  })

test('after a manual failover all connections use the new master, although the former one runs on', {
  timeout: testTimeoutMs,
}, async () => {
  const [a, b] = await openPair()
  const conversation = conversationId()
  await b.bus.subscribe([conversation])
  publishAll(a, conversation, 1, 3)
  await eventually(() => expect(b.seqs(conversation)).toEqual([1, 2, 3]))
  b.suspects.length = 0
  await redis.failover()
  await eventually(() => expect(b.suspects).toContain('resubscribed'), { timeoutMs: healTimeoutMs })
  await untilHealthy(a, b)
  publishAll(a, conversation, 4, 6)
  await eventually(() => expect(b.seqs(conversation)).toEqual([1, 2, 3, 4, 5, 6]))
})

test('a connection survives a failover that is announced while it asks for the master', async () => {
  const publisher = openPublisher({
    random: Math.random,
    redisUrl: redis.url,
    redisCa: authority.certificate,
    log: silentLog,
  })
  closing.push(() => publisher.disconnect())
  await eventually(() => publisher.get('x'), { timeoutMs: healTimeoutMs })
  // ioredis makes this call when a failover is announced.
  const { connector } = publisher as unknown as { connector: { disconnect(): void } }
  const ended = new Promise((resolve) => publisher.once('end', resolve))
  publisher.once('connecting', () => setImmediate(() => connector.disconnect()))
  publisher.disconnect(true)
  await ended
  await eventually(() => publisher.get('x'), { timeoutMs: healTimeoutMs })
})

test('a server without a certificate of the given authority is rejected, and the log says why', async () => {
  const other = await createCertificateAuthority()
  const reasons: string[] = []
  const log = { ...silentLog, warn: (fields: object) => void reasons.push(JSON.stringify(fields)) }
  const { url } = await redis.master()
  const [direct, watched] = [url, redis.url].map((redisUrl) => {
    const publisher = openPublisher({ random: Math.random, redisUrl, redisCa: other.certificate, log })
    closing.push(() => publisher.disconnect())
    return publisher
  })
  closing.push(other.remove)
  await eventually(() => expect(reasons.join()).toMatch(/certificate/))
  await eventually(() => expect(reasons.join()).toMatch(/All sentinels are unreachable/))
  await expect(direct!.get('x')).rejects.toThrow()
  await expect(watched!.get('x')).rejects.toThrow()
  expect(() => openPublisher({ random: Math.random, redisUrl: 'redis://a', redisCa: other.certificate, log })).toThrow(
    'not rediss',
  )
})

test('a stopped master is replaced, and is ignored when it continues', {
  timeout: testTimeoutMs,
}, async () => {
  const [a, b] = await openPair()
  const conversation = conversationId()
  await b.bus.subscribe([conversation])
  const former = await redis.master()
  former.kill('SIGSTOP')
  await eventually(() => expect(b.bus.healthy()).toBe(false), { timeoutMs: healTimeoutMs })
  expect(b.suspects).toContain('close')
  await eventually(async () => expect(await redis.master()).not.toBe(former), { timeoutMs: healTimeoutMs })
  former.kill('SIGCONT')
  await untilHealthy(a, b)
  publishAll(a, conversation, 1, 3)
  await eventually(() => expect(b.seqs(conversation)).toEqual([1, 2, 3]))
})
