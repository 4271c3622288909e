import { randomUUID } from 'node:crypto'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import { systemClock } from '@fastchat/clock'
import type { DeviceId } from '@fastchat/schema'
import { eventually, freePort, redisPrefix, startRedis, testRedisUrl } from '@fastchat/testkit'

import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Commands, openPublisher } from '../src/connections.ts'
import { createKeys, type Keys } from '../src/keys.ts'
import { openLagMeter } from '../src/lag-meter.ts'
import { createPodRecord, type PodRecord } from '../src/pod-record.ts'
import { createPodSeal } from '../src/pod-seal.ts'
import { openPods, type Pods } from '../src/pods.ts'

const seal = createPodSeal(Buffer.alloc(32, 7))
const silent = { info: () => undefined, warn: () => undefined }

type Pod = {
  readonly name: string
  readonly connections: Set<DeviceId>
  readonly redis: Commands
  readonly record: PodRecord
}

let keys: Keys
let redisUrl: string
let redis: Commands
let registry: Pods
let closing: (() => unknown)[]

beforeEach(() => {
  closing = []
  keys = createKeys(redisPrefix())
  useRedis(testRedisUrl())
})
afterEach(async () => {
  for (const close of closing.reverse()) await close()
})

function useRedis(url: string): void {
  redisUrl = url
  const opened = openPublisher({ random: Math.random, redisUrl, log: silent })
  closing.push(() => opened.disconnect())
  redis = opened
  registry = openPods({ redis, keys, seal, log: silent, clock: systemClock, random: Math.random })
}

function openPod(name: string, bootId = name, onDrainAsked?: () => void): Pod {
  const own = openPublisher({ random: Math.random, redisUrl, log: silent })
  const connections = new Set<DeviceId>()
  const load = () => ({ connections: connections.size, lagMs: 0 })
  const record = createPodRecord({
    redis: own,
    keys,
    seal,
    pod: name,
    bootId,
    capacity: 1_000,
    load,
    clock: systemClock,
    random: Math.random,
    log: silent,
    ...(onDrainAsked && { onDrainAsked }),
  })
  closing.push(async () => {
    await record.close()
    own.disconnect()
  })
  return { name, connections, redis: own, record }
}

const open = async () => (await registry.read()).map(({ pod }) => pod).sort()
const usedOf = async (name: string) => (await registry.read()).find(({ pod }) => pod === name)?.used
const untilOpen = (expected: string[]) => eventually(async () => expect(await open()).toEqual(expected))

/** Resolves after each pod has written its record once more. */
async function untilReported(pods: readonly Pod[]): Promise<void> {
  const reportedAt = (pod: Pod) => redis.hget(keys.podRecord + pod.name, 'mac')
  const before = await Promise.all(pods.map(reportedAt))
  await eventually(async () => {
    for (const [at, pod] of pods.entries()) expect(await reportedAt(pod)).not.toBe(before[at])
  })
}

async function connect(pods: readonly Pod[]): Promise<void> {
  const device = randomUUID() as DeviceId
  const { candidates } = await registry.pick(device)
  await redis.ping() // the time to connect, in which other devices ask
  const pod = pods.find(({ name }) => name === candidates[0]?.pod)
  if (pod === undefined) throw new Error('offered a pod that is not there')
  pod.connections.add(device)
  pod.record.arrived(device)
}

test('500 devices that connect while pods report spread within 10 % of the mean, and are counted exactly', async () => {
  const pods = ['a', 'b', 'c'].map((name) => openPod(name))
  await untilOpen(['a', 'b', 'c'])
  for (let wave = 0; wave < 4; wave++) {
    await Promise.all(Array.from({ length: 125 }, () => connect(pods)))
    await untilReported(pods)
  }
  const counts = pods.map(({ connections }) => connections.size)
  expect(counts.reduce((sum, count) => sum + count)).toBe(500)
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual((500 / 3) * 0.1)
  for (const pod of pods) expect(await usedOf(pod.name)).toBe(pod.connections.size)
})

test('closed connections are seen with the next report', async () => {
  const pod = openPod('a')
  await untilOpen(['a'])
  for (let count = 0; count < 10; count++) await connect([pod])
  await untilReported([pod])
  expect(await usedOf('a')).toBe(10)
  pod.connections.clear()
  await eventually(async () => expect(await usedOf('a')).toBe(0))
})

test('a pod that dies is not picked after 5 s, and starts with zero when it is back', async () => {
  const [dying] = [openPod('a'), openPod('b')]
  await untilOpen(['a', 'b'])
  for (let count = 0; count < 5; count++) dying!.connections.add(randomUUID() as DeviceId)
  await eventually(async () => expect(await usedOf('a')).toBe(5))
  dying!.redis.disconnect()
  await untilOpen(['b'])
  openPod('a', 'a-2')
  await untilOpen(['a', 'b'])
  expect(await usedOf('a')).toBe(0)
})

test('a draining pod is not picked once drain has resolved, and a closed one is removed', async () => {
  const [a, b] = [openPod('a'), openPod('b')]
  await untilOpen(['a', 'b'])
  await a.record.drain()
  expect(await open()).toEqual(['b'])
  await untilReported([a])
  expect(await open()).toEqual(['b'])
  await b.record.close()
  expect(await open()).toEqual([])
  expect(await redis.zrange(keys.pods, '0', '-1')).toEqual(['a'])
})

test('a restarted, empty Redis has all pods and counts again', async () => {
  const port = await freePort()
  let server = await startRedis({ port })
  closing.push(() => server.stop())
  useRedis(server.url)
  const pods = [openPod('a'), openPod('b')]
  await untilOpen(['a', 'b'])
  await Promise.all(Array.from({ length: 20 }, () => connect(pods)))
  server.kill('SIGKILL')
  await server.exited
  await expect(registry.pick(randomUUID() as DeviceId)).rejects.toThrow()
  server = await startRedis({ port })
  await untilOpen(['a', 'b'])
  for (const pod of pods) expect(await usedOf(pod.name)).toBe(pod.connections.size)
})

test('the lag meter reports lasting lag and ignores a single pause', async () => {
  const meter = openLagMeter()
  closing.push(() => meter.close())
  const untilCalm = () => eventually(() => expect(meter.takeP99Ms()).toBeLessThan(100))
  await untilCalm()
  await standStill(300)
  expect(meter.takeP99Ms()).toBeLessThan(200)
  await eventually(async () => {
    await standStill(300)
    expect(meter.takeP99Ms()).toBeGreaterThan(200)
  })
  await untilCalm()
})

/**
 * Blocks the event loop. The timer of the meter must run before and after the pause. On a slow
 * machine it may not, and then the meter sees nothing, so callers try again.
 */
async function standStill(ms: number): Promise<void> {
  await delay(50)
  const until = performance.now() + ms
  while (performance.now() < until);
  for (const _ of [1, 2]) await setImmediate()
}

test('an operator sees every pod, and a drain order reaches only the run of the pod that it was made for', async () => {
  const asked: string[] = []
  const pods = ['a', 'b'].map((name) => openPod(name, `first ${name}`, () => asked.push(name)))
  await untilOpen(['a', 'b'])
  expect((await registry.list()).pods).toMatchObject([
    { pod: 'a', connections: 0, pending: 0, capacity: 1_000, isDraining: false },
    { pod: 'b' },
  ])
  expect(await registry.askToDrain('nobody')).toBe(false)
  expect(await registry.askToDrain('b')).toBe(true)
  await eventually(() => expect(asked).toContain('b'))
  expect(asked).not.toContain('a')
  await pods[1]!.record.drain()
  expect(await open()).toEqual(['a'])
  expect((await registry.list()).pods).toMatchObject([{ pod: 'a' }, { pod: 'b', isDraining: true }])
  await pods[1]!.record.close()
  const before = asked.length
  const [again] = [openPod('b', 'second b', () => asked.push('b'))]
  await untilOpen(['a', 'b'])
  await untilReported([again])
  expect(asked).toHaveLength(before)
})
