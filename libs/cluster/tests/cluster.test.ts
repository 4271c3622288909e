import { randomUUID } from 'node:crypto'
import type { ConversationId, DeviceId, UserId } from '@fastchat/schema'
import { eventually, type LocalRedisCluster, startRedisCluster } from '@fastchat/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createAccountPush } from '../src/account-push.ts'
import { createBus } from '../src/bus.ts'
import { openPublisher } from '../src/connections.ts'
import { createKeys, tagOf } from '../src/keys.ts'
import { createPodRecord } from '../src/pod-record.ts'
import { createPodSeal } from '../src/pod-seal.ts'
import { openPods } from '../src/pods.ts'
import { hmacKey, type Pod, podOf, publishAll, silentLog, surroundings } from './bus-harness.ts'

/** An election takes a few rounds of gossip, which are longer on a slow machine. */
const healTimeoutMs = 60_000
const testTimeoutMs = 120_000

let cluster: LocalRedisCluster
let closing: (() => unknown)[]
/** One conversation for each tag, so that every slot of the bus is in use. */
const conversations = [...new Map(Array.from({ length: 5_000 }, newTagged)).values()]

function newTagged(): [number, ConversationId] {
  const id = randomUUID() as ConversationId
  return [tagOf(id), id]
}

beforeAll(async () => {
  cluster = await startRedisCluster()
}, testTimeoutMs)
afterAll(() => cluster.stop())
beforeEach(() => {
  closing = []
})
afterEach(async () => {
  for (const close of closing.reverse()) await close()
})

async function openPod(origin: string): Promise<Pod> {
  const bus = createBus({ redisUrl: cluster.url, hmacKey, origin, ...surroundings })
  closing.push(() => bus.close())
  const pod = podOf(bus)
  await eventually(() => expect(bus.healthy()).toBe(true), { timeoutMs: healTimeoutMs })
  return pod
}

async function openPair(): Promise<[Pod, Pod]> {
  const pair: [Pod, Pod] = [await openPod('a'), await openPod('b')]
  await pair[1].bus.subscribe(conversations)
  return pair
}

const untilHealthy = (...pods: readonly Pod[]) =>
  eventually(() => expect(pods.map(({ bus }) => bus.healthy())).toEqual(pods.map(() => true)), {
    timeoutMs: healTimeoutMs,
  })

/** Publishes one entry to each conversation and waits until all have arrived. */
async function expectDelivered(from: Pod, to: Pod, seq: number): Promise<void> {
  for (const conversation of conversations) publishAll(from, conversation, seq, seq)
  await eventually(() => {
    const arrived = new Set(to.heard.filter(({ header }) => header.seq === seq).map(({ conversation }) => conversation))
    expect(conversations.filter((one) => !arrived.has(one))).toEqual([])
  })
}

test('channels of all 256 tags deliver on every master, and so do events for users', {
  timeout: testTimeoutMs,
}, async () => {
  expect(conversations).toHaveLength(256)
  const [a, b] = await openPair()
  await expectDelivered(a, b, 1)
  const user = randomUUID() as UserId
  await b.bus.subscribeUsers([user])
  a.bus.publishUser(user, { t: 'x' })
  await eventually(() => expect(b.events).toEqual([{ user, event: { t: 'x' }, from: 'a' }]))
  const redis = openPublisher({ random: Math.random, redisUrl: cluster.url, log: silentLog, name: 'auth' })
  closing.push(() => redis.disconnect())
  await eventually(() => expect(redis.status).toBe('ready'))
  createAccountPush({ redis, isCluster: true, hmacKey, origin: 'auth' })(user, 'devices')
  await eventually(() =>
    expect(b.events[1]).toEqual({ user, event: { t: 'account', changed: 'devices' }, from: 'auth' }),
  )
  for (const { port } of await cluster.masters()) {
    const operator = new Redis(port)
    closing.push(() => operator.disconnect())
    expect(Number((await operator.pubsub('SHARDCHANNELS')).length)).toBeGreaterThan(100)
    const [, plain] = /cmdstat_publish:calls=(\d+)/.exec(await operator.info('commandstats')) ?? []
    expect(plain).toBeUndefined() // PUBLISH would cross every node
  }
  b.bus.unsubscribe(conversations)
  b.bus.unsubscribeUsers([user])
  for (const { port } of await cluster.masters()) {
    const operator = new Redis(port)
    closing.push(() => operator.disconnect())
    await eventually(async () => expect(await operator.pubsub('SHARDCHANNELS')).toEqual([]))
  }
})

test('subscriptions follow moved slots, and the pod is told to read the log', {
  timeout: testTimeoutMs,
}, async () => {
  const [a, b] = await openPair()
  const [from, to] = await cluster.masters()
  for (const [seq, [source, target]] of [
    [from!, to!],
    [to!, from!],
  ].entries()) {
    b.suspects.length = 0
    await cluster.moveSlots(source!, target!, 2_000)
    await cluster.settled()
    await eventually(() => expect(b.suspects).toContain('moved'), { timeoutMs: healTimeoutMs })
    await eventually(() => expectDelivered(a, b, seq + 10), { timeoutMs: healTimeoutMs })
    await untilHealthy(a, b)
  }
})

test('after a master is killed and a replica has taken over, all tags deliver again', {
  timeout: testTimeoutMs,
}, async () => {
  const [a, b] = await openPair()
  const [victim] = await cluster.masters()
  b.suspects.length = 0
  await cluster.kill(victim!)
  await eventually(() => expect(b.bus.healthy()).toBe(false))
  expect(b.suspects).toContain('close')
  await cluster.settled()
  await untilHealthy(a, b)
  await expectDelivered(a, b, 30)
  await cluster.restart(victim!) // it is a replica now
  await cluster.settled()
  await untilHealthy(a, b)
  await expectDelivered(a, b, 31)
})

test('pods are recorded, picked and removed, also after the slot of their keys has moved', {
  timeout: testTimeoutMs,
}, async () => {
  const keys = createKeys()
  const redis = openPublisher({ random: Math.random, redisUrl: cluster.url, log: silentLog })
  closing.push(() => redis.disconnect())
  const load = () => ({ connections: 1, lagMs: 0 })
  const pod = { pod: 'p', bootId: 'p-1', capacity: 10 }
  const seal = createPodSeal(hmacKey)
  const pods = openPods({ redis, keys, seal, ...surroundings })
  const record = createPodRecord({ redis, keys, seal, load, ...surroundings, ...pod })
  const picked = () =>
    eventually(async () => {
      const { candidates } = await pods.pick(randomUUID() as DeviceId)
      expect(candidates).toEqual([{ pod: 'p', url: '/ws/p' }])
    })
  await picked()
  const nodes = await cluster.masters()
  for (const [at, from] of nodes.entries()) {
    await cluster.moveSlots(from, nodes[(at + 1) % nodes.length]!, 100)
  }
  await picked()
  await record.close()
  expect(await pods.read()).toEqual([])
})
