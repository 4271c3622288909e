import { randomUUID } from 'node:crypto'
import { systemClock } from '@fastchat/clock'
import type { DeviceId } from '@fastchat/schema'
import { eventually, redisPrefix, testRedisUrl } from '@fastchat/testkit'
import fc from 'fast-check'

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Commands, openPublisher } from '../src/connections.ts'
import { createKeys, type Keys } from '../src/keys.ts'
import { reservationMs } from '../src/place-script.ts'
import { createPodSeal } from '../src/pod-seal.ts'
import { openPods, type Pods } from '../src/pods.ts'
import { type PodReport, removePod, reportPod } from '../src/report-pod.ts'
import { reservePlaces } from '../src/reserve-places.ts'

const silent = { info: () => undefined, warn: () => undefined }
const deviceId = () => randomUUID() as DeviceId
const seal = createPodSeal(Buffer.alloc(32, 7))

let redis: Commands
let keys: Keys
let pods: Pods
let draw: () => number

beforeAll(async () => {
  redis = openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log: silent })
  await eventually(() => expect(redis.status).toBe('ready'))
})
afterAll(() => redis.disconnect())
beforeEach(openNew)

function openNew(): void {
  keys = createKeys(redisPrefix())
  draw = Math.random
  pods = openPods({ redis, keys, seal, log: silent, clock: systemClock, random: () => draw() })
}

const report = (pod: string, changes: Partial<PodReport> = {}): PodReport => ({
  pod,
  bootId: `${pod}-1`,
  at: Date.now(),
  upMs: 0,
  capacity: 100,
  connections: 0,
  lagMs: 0,
  isDraining: false,
  isShedding: false,
  revision: '1',
  arrivals: [],
  ...changes,
})
const tell = (pod: string, changes: Partial<PodReport> = {}) => reportPod(redis, keys, seal, report(pod, changes))
const pick = (device = deviceId()) => pods.pick(device)
const names = async () => (await pick()).candidates.map(({ pod }) => pod).sort()
const usedOf = async (pod: string) => (await pods.read()).find((one) => one.pod === pod)?.used

describe('pods that are picked', () => {
  test('there is no candidate without a pod', async () => {
    expect((await pick()).candidates).toEqual([])
  })

  test('the emptier one first, with its path and the end of the reservation', async () => {
    await tell('a', { connections: 10 })
    await tell('b', { connections: 20, capacity: 1_000 })
    const [seconds] = await redis.time()
    const { candidates, expiresAt } = await pick()
    expect(candidates).toEqual([
      { pod: 'b', url: '/ws/b' },
      { pod: 'a', url: '/ws/a' },
    ])
    expect(expiresAt).toBeGreaterThanOrEqual(Number(seconds) * 1_000 + reservationMs)
    expect(expiresAt).toBeLessThan((Number(seconds) + 5) * 1_000 + reservationMs)
  })

  test('only pods of the newer revision while two run, unless those are full', async () => {
    await tell('a', { upMs: 60_000 })
    // This pod of the old revision has crashed and restarted.
    await tell('b', { upMs: 1_000 })
    await tell('c', { revision: '2', connections: 50, upMs: 5_000 })
    for (let round = 0; round < 10; round++) expect(await names()).toEqual(['c'])
    await tell('c', { revision: '2', connections: 100, upMs: 5_000 })
    expect(await names()).toEqual(['a', 'b'])
  })

  test.each([
    ['draining', { isDraining: true }],
    ['full', { connections: 100 }],
    ['lagging', { lagMs: 201 }],
  ])('no pod that is %s', async (_name, state) => {
    await tell('a')
    await tell('b', state)
    expect(await names()).toEqual(['a'])
  })

  test('lagging pods, if all lag', async () => {
    await tell('a', { lagMs: 201 })
    await tell('b', { lagMs: 5_000 })
    expect(await names()).toEqual(['a', 'b'])
    await tell('c', { lagMs: 200 })
    expect(await names()).toEqual(['c'])
  })

  test('no pod that moves its clients away, unless all do', async () => {
    await tell('a', { isShedding: true })
    await tell('b', { connections: 99 })
    expect(await names()).toEqual(['b'])
    await tell('b', { isShedding: true })
    expect(await names()).toEqual(['a', 'b'])
  })

  test('no pod whose last report is 4 s old', async () => {
    await tell('a')
    await tell('b')
    await tell('b', { at: Date.now() - 3_000 })
    expect(await names()).toEqual(['a', 'b'])
    await tell('b', { at: Date.now() - 4_001 })
    expect(await names()).toEqual(['a'])
    await tell('b')
    expect(await names()).toEqual(['a', 'b'])
  })

  test('no pod whose record has expired; its keys are deleted', async () => {
    await tell('a')
    await pick()
    expect(await redis.pttl(`${keys.podRecord}a`)).toBeLessThanOrEqual(5_000)
    expect(await redis.pttl(`${keys.podPending}a`)).toBeLessThanOrEqual(reservationMs)
    await redis.del(`${keys.podRecord}a`)
    expect(await names()).toEqual([])
    expect(await redis.keys(`${keys.pods.split('{')[0]}*`)).toEqual([])
  })
})

describe('reservations', () => {
  test('count until the pod counts the device, and a device never counts twice', async () => {
    await tell('a')
    const devices = [deviceId(), deviceId(), deviceId()]
    for (const device of devices) await pick(device)
    expect(await usedOf('a')).toBe(3)
    await tell('a', { connections: 2, arrivals: devices.slice(0, 2) })
    expect(await usedOf('a')).toBe(3)
  })

  test('end when the device connects to another pod', async () => {
    await tell('a')
    const device = deviceId()
    await pick(device)
    await tell('b', { connections: 1, arrivals: [device] })
    expect(await usedOf('a')).toBe(0)
    expect(await usedOf('b')).toBe(1)
  })

  test('are limited to one per device, even if it asks again', async () => {
    await tell('a')
    await tell('b')
    const device = deviceId()
    for (let round = 0; round < 20; round++) await pick(device)
    expect((await usedOf('a'))! + (await usedOf('b'))!).toBe(1)
  })

  test('are also made by reservePlaces', async () => {
    await tell('a')
    await tell('b')
    const [first, second] = [deviceId(), deviceId()]
    await reservePlaces(redis, keys, [
      { pod: 'a', device: first },
      { pod: 'a', device: second },
    ])
    expect(await usedOf('a')).toBe(2)
    expect(await redis.pttl(`${keys.podPending}a`)).toBeLessThanOrEqual(reservationMs)
    await tell('b', { connections: 1, arrivals: [first] })
    expect(await usedOf('a')).toBe(1)
    await pick(second)
    expect((await usedOf('a'))! + (await usedOf('b'))!).toBe(2)
  })

  test('expire', async () => {
    await tell('a')
    const device = deviceId()
    const { expiresAt } = await pick(device)
    expect(Number(await redis.zscore(`${keys.podPending}a`, device))).toBe(expiresAt)
    await redis.zadd(`${keys.podPending}a`, expiresAt - reservationMs, device)
    expect(await usedOf('a')).toBe(0)
  })

  test('fill a pod: the last place is reserved once', async () => {
    await tell('a', { capacity: 5 })
    const picks = await Promise.all(Array.from({ length: 20 }, () => pick()))
    expect(picks.filter(({ candidates }) => candidates.length > 0)).toHaveLength(5)
  })

  test('end for more arrivals than Lua can unpack at once', async () => {
    await tell('a', { capacity: 100_000 })
    const device = deviceId()
    await pick(device)
    await tell('a', { capacity: 100_000, arrivals: [...Array.from({ length: 19_999 }, deviceId), device] })
    expect(await usedOf('a')).toBe(0)
  })
})

describe('a pod restarted under the same name', () => {
  test('starts with zero connections and reservations', async () => {
    await tell('a', { connections: 50, upMs: 60_000 })
    await pick()
    expect(await usedOf('a')).toBe(51)
    await tell('a', { bootId: 'a-2' })
    expect(await usedOf('a')).toBe(0)
    await tell('b', { upMs: 60_000 })
    expect((await pods.read()).find(({ pod }) => pod === 'a')?.capacity).toBeCloseTo(10, 1)
  })

  test('is not removed when its former run closes', async () => {
    await tell('a', { bootId: 'a-2' })
    await removePod(redis, keys, { pod: 'a', bootId: 'a-1' })
    expect(await names()).toEqual(['a'])
    await removePod(redis, keys, { pod: 'a', bootId: 'a-2' })
    expect(await names()).toEqual([])
  })
})

describe('slow start', () => {
  test('a new pod among old ones gets a share that grows with its age', async () => {
    await tell('old', { connections: 50, upMs: 60_000 })
    await tell('new')
    const capacityOf = async () => (await pods.read()).find(({ pod }) => pod === 'new')!.capacity
    expect(await capacityOf()).toBeCloseTo(10, 1)
    await tell('new', { upMs: 15_000 })
    expect(await capacityOf()).toBe(50)
    await tell('new', { upMs: 30_000 })
    expect(await capacityOf()).toBe(100)
  })

  test('it is filled to the load of the others, and not above', async () => {
    await tell('old', { connections: 50, upMs: 60_000 })
    await tell('new')
    for (let round = 0; round < 20; round++) await pick()
    // 5 of 10 is as full as 50 of 100. The share may grow by one meanwhile.
    expect(await usedOf('new')).toBeLessThan(14)
    expect(await usedOf('new')).toBeGreaterThan(4)
  })

  test('if all pods are new, they get their full share at once', async () => {
    await tell('a')
    await tell('b')
    expect((await pods.read()).map(({ capacity }) => capacity)).toEqual([100, 100])
  })
})

test('for any pods in any state, only open pods are picked, reservations are exact and no pod is overfilled', async () => {
  const pod = fc.record({
    capacity: fc.integer({ min: 1, max: 12 }),
    connections: fc.integer({ min: 0, max: 12 }),
    lagMs: fc.constantFrom(0, 100, 200, 201, 3_000),
    isDraining: fc.boolean(),
    isDead: fc.boolean(),
    upMs: fc.constantFrom(0, 10_000, 60_000),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(pod, { maxLength: 6 }),
      fc.array(
        fc.tuple(fc.integer({ min: 0, max: 15 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        {
          maxLength: 40,
        },
      ),
      async (told, asks) => {
        openNew()
        for (const [at, { isDead, upMs, ...state }] of told.entries()) {
          await tell(`p${at}`, { ...state, upMs, at: isDead ? Date.now() - 4_001 : Date.now() })
        }
        const reserved = new Map<number, string>()
        const used = (at: number) =>
          told[at]!.connections + [...reserved.values()].filter((name) => name === `p${at}`).length
        for (const [who, random] of asks) {
          reserved.delete(who)
          const open = told.flatMap((one, at) =>
            !one.isDead && !one.isDraining && used(at) < one.capacity ? [at] : [],
          )
          const calm = open.filter((at) => told[at]!.lagMs <= 200)
          const offered = (calm.length > 0 ? calm : open).map((at) => `p${at}`)
          const device = `00000000-0000-7000-8000-${String(who).padStart(12, '0')}` as DeviceId
          draw = () => random
          const { candidates } = await pick(device)
          expect(candidates).toHaveLength(Math.min(2, offered.length))
          expect(new Set(candidates.map((one) => one.pod)).size).toBe(candidates.length)
          for (const one of candidates) expect(offered).toContain(one.pod)
          if (candidates[0]) reserved.set(who, candidates[0].pod)
        }
        for (const { pod: name, used: counted } of await pods.read()) {
          expect(counted).toBe(used(Number(name.slice(1))))
        }
      },
    ),
    { numRuns: 60 },
  )
})
