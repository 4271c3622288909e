import { randomUUID } from 'node:crypto'
import { later, systemClock } from '@fastchat/clock'
import { ManualClock } from '@fastchat/clock/testing'
import type { DeviceId } from '@fastchat/schema'
import { eventually, redisPrefix, testRedisUrl } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Commands, openPublisher } from '../src/connections.ts'
import { createKeys, type Keys } from '../src/keys.ts'
import { createPodRecord } from '../src/pod-record.ts'
import { createPodSeal, type PodStatement } from '../src/pod-seal.ts'
import { openPods, type Pods } from '../src/pods.ts'
import { reportPod } from '../src/report-pod.ts'
import { type IgnoredReason, maxAheadMs, staleMs } from '../src/verified-records.ts'

const silent = { info: () => undefined, warn: () => undefined }
const seal = createPodSeal(Buffer.alloc(32, 7))
const theirs = createPodSeal(Buffer.alloc(32, 8))

let redis: Commands
let keys: Keys
let pods: Pods
let clock: ManualClock
let ignored: IgnoredReason[]
let warned: object[]

beforeAll(async () => {
  redis = openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log: silent })
  await eventually(() => expect(redis.status).toBe('ready'))
})
afterAll(() => redis.disconnect())
beforeEach(() => {
  keys = createKeys(redisPrefix())
  clock = new ManualClock()
  ignored = []
  warned = []
  pods = openReader()
})

const openReader = () =>
  openPods({
    redis,
    keys,
    seal,
    log: { ...silent, warn: (fields) => warned.push(fields) },
    onIgnored: (reason) => ignored.push(reason),
    clock,
    random: Math.random,
  })

const statement = (pod: string, changes: Partial<PodStatement> = {}): PodStatement => ({
  pod,
  bootId: `${pod}-1`,
  at: Date.now(), // Redis runs on this machine
  upMs: 0,
  capacity: 1_000_000,
  connections: 0,
  lagMs: 0,
  isDraining: false,
  isShedding: false,
  revision: '',
  ...changes,
})
const tell = (pod: string, changes: Partial<PodStatement> = {}) =>
  reportPod(redis, keys, seal, { ...statement(pod, changes), arrivals: [] })

/** Writes a record in the form of a pod's record, but without an expiry. */
async function forge(pod: string, fields: Readonly<Record<string, string>>): Promise<void> {
  await redis.hset(keys.podRecord + pod, { boot: 'x', ...fields })
  await redis.zadd(keys.pods, Date.now() + 60_000, pod)
}

const sealedBy = (by: typeof seal, pod: string, changes: Partial<PodStatement> = {}) => ({
  ...by.seal(statement(pod, changes)),
})

async function offered(reader = pods): Promise<string[]> {
  const names = new Set<string>()
  for (let round = 0; round < 20; round++) {
    const { candidates } = await reader.pick(randomUUID() as DeviceId)
    for (const { pod } of candidates) names.add(pod)
  }
  for (const { pod } of await reader.read()) names.add(pod)
  for (const { pod } of (await reader.list()).pods) names.add(pod)
  return [...names].sort()
}

describe('a record that somebody else wrote is never picked', () => {
  test.each([
    ['without a MAC', 'forged', () => ({ content: seal.seal(statement('evil')).content })],
    ['with a MAC of their own', 'forged', () => sealedBy(theirs, 'evil')],
    ['of a form of their own', 'forged', () => ({ url: 'wss://evil.example/ws', connections: '0', mac: 'x' })],
    ['with a MAC alone', 'forged', () => ({ mac: sealedBy(seal, 'evil').mac })],
    ['of a pod, under another name', 'other_name', () => sealedBy(seal, 'good')],
    ['kept until it is too old', 'other_time', () => sealedBy(seal, 'evil', { at: Date.now() - 7_000 })],
    ['of a time to come', 'other_time', () => sealedBy(seal, 'evil', { at: Date.now() + 11_000 })],
    ['longer than any of ours', 'forged', () => ({ content: '['.repeat(100_000), mac: 'x'.repeat(100_000) })],
  ] as const)('%s', async (_name, reason, fields) => {
    await tell('good')
    await forge('evil', fields())
    expect(await offered()).toEqual(['good'])
    expect(new Set(ignored)).toEqual(new Set([reason]))
    expect((await pods.list()).ignored).toEqual({ [reason]: 1 })
  })

  test('even if it replaces the record of a pod', async () => {
    await tell('good')
    await tell('other')
    expect(await offered()).toEqual(['good', 'other'])
    await redis.hset(`${keys.podRecord}other`, sealedBy(theirs, 'other'))
    expect(await offered()).toEqual(['good'])
    await tell('other')
    expect(await offered()).toEqual(['good', 'other'])
  })

  test('nor with other contents under a MAC that was checked before', async () => {
    await tell('good')
    await tell('full', { connections: 1_000_000 })
    await pods.read()
    await redis.hset(`${keys.podRecord}full`, 'content', seal.seal(statement('full')).content)
    expect((await pods.read()).map(({ pod }) => pod)).toEqual(['good'])
  })
})

test('a replayed record keeps a dead pod available for no longer than the real record would have', async () => {
  const kept = sealedBy(seal, 'dead', { at: Date.now() - staleMs + 1_500 })
  await forge('dead', kept)
  const read = async (reader = pods) => (await reader.read()).map(({ pod }) => pod)
  expect(await read()).toEqual(['dead'])
  const diesAt = performance.now() + 1_500
  await eventually(async () => {
    await forge('dead', kept)
    expect(await read()).toEqual([])
  })
  expect(performance.now()).toBeGreaterThanOrEqual(diesAt - 50)
  expect(await read(openReader())).toEqual([])
  expect((await pods.pick(randomUUID() as DeviceId)).candidates).toEqual([])
})

test('pods with wrong clocks are accepted, because records use the clock of Redis', async () => {
  const own = openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log: silent })
  const record = createPodRecord({
    redis: own,
    keys,
    seal,
    pod: 'good',
    bootId: 'good-1',
    capacity: 10,
    load: () => ({ connections: 0, lagMs: 0 }),
    log: silent,
    clock: { ...systemClock, monotonicMs: () => later(systemClock.monotonicMs(), 1_000_000_000) },
    random: Math.random,
  })
  await eventually(async () => expect(await offered()).toEqual(['good']))
  expect(Math.abs((await pods.list()).pods[0]!.at - Date.now())).toBeLessThan(staleMs)
  await tell('ahead', { at: Date.now() + maxAheadMs - 2_000 })
  expect(await offered()).toEqual(['ahead', 'good'])
  expect(ignored).toEqual([])
  await record.close()
  own.disconnect()
})

test('a record that changes in every round is skipped, and other pods are picked', async () => {
  await tell('good')
  const hgets = redis.evalsha.bind(redis)
  let changes = 0
  const restless = Object.create(redis, {
    evalsha: {
      value: async (...args: Parameters<typeof redis.evalsha>) => {
        await forge('evil', sealedBy(seal, 'evil', { upMs: ++changes }))
        return await hgets(...args)
      },
    },
  }) as Commands
  const reader = openPods({ redis: restless, keys, seal, log: silent, clock, random: Math.random })
  expect((await reader.pick(randomUUID() as DeviceId)).candidates.map(({ pod }) => pod)).toEqual(['good'])
  expect(changes).toBeLessThanOrEqual(4)
})

test('a forgery is counted every 15 s and logged once a minute, without its name', async () => {
  await tell('good')
  await forge('evil\u001b[2J', sealedBy(theirs, 'evil'))
  for (let round = 0; round < 10; round++) await offered()
  expect(ignored).toEqual(['forged'])
  expect(warned).toEqual([{ pod: '(not a name)', reason: 'forged', ignored: 1 }])
  for (let second = 0; second < 61; second += 15.1) {
    clock.advance(15_100)
    await pods.read()
  }
  expect(ignored.filter((reason) => reason === 'forged').length).toBe(6)
  expect(warned).toHaveLength(2)
})

test('1 500 forged names are judged once each and do not hide a real pod', async () => {
  await tell('good')
  const fill = redis.pipeline()
  for (let at = 0; at < 1_500; at++) {
    fill.hset(`${keys.podRecord}evil-${at}`, 'mac', 'x')
    fill.zadd(keys.pods, 0, `evil-${at}`)
  }
  await fill.exec()
  expect((await pods.read()).map(({ pod }) => pod)).toEqual(['good'])
  expect(ignored).toHaveLength(1_500)
})

test('a drain order with a wrong MAC is ignored', async () => {
  expect((await tell('good')).isDrainAsked).toBe(false)
  await redis.hset(`${keys.podRecord}good`, 'asked', '1')
  expect((await tell('good')).isDrainAsked).toBe(false)
  await redis.hset(`${keys.podRecord}good`, 'asked', theirs.drainOrder(statement('good')))
  expect((await tell('good')).isDrainAsked).toBe(false)
  expect(await pods.askToDrain('good')).toBe(true)
  expect((await tell('good')).isDrainAsked).toBe(true)
  expect((await tell('good', { bootId: 'good-2' })).isDrainAsked).toBe(false)
})
