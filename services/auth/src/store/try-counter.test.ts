import { ManualClock } from '@fastchat/clock/testing'
import { openPublisher } from '@fastchat/cluster'
import { eventually, freePort, redisPrefix, testRedisUrl } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { delayAfter } from '../domain/guess-delay.ts'
import { createLocalTries, createSharedTries } from './try-counter.ts'

const quiet = { info: () => undefined, warn: () => undefined }
const rule = { freeTries: 2, firstDelayMs: 100_000, maxDelayMs: 300_000, forgottenMs: 600_000 }

test('each further try waits twice as long, up to a maximum', () => {
  expect([1, 2, 3, 4, 99].map((tries) => delayAfter(tries, rule))).toEqual([0, 100_000, 200_000, 300_000, 300_000])
})

test('counts each key separately, allows a try after its wait, and forgets old tries', async () => {
  const clock = new ManualClock()
  const tries = createLocalTries(clock.monotonicMs)
  expect([await tries.begin('a', rule), await tries.begin('a', rule)]).toEqual([0, 0])
  expect([await tries.begin('a', rule), await tries.begin('b', rule)]).toEqual([100_000, 0])
  clock.advance(60_000)
  expect(await tries.begin('a', rule)).toBe(40_000)
  clock.advance(40_000)
  expect([await tries.begin('a', rule), await tries.begin('a', rule)]).toEqual([0, 200_000])
  clock.advance(600_000)
  expect([await tries.begin('a', rule), await tries.begin('a', rule)]).toEqual([0, 0])
})

test('tries that were taken back or forgotten do not count', async () => {
  const tries = createLocalTries(new ManualClock().monotonicMs)
  await tries.begin('a', rule)
  await tries.begin('a', rule)
  await tries.takeBack('a')
  expect([await tries.begin('a', rule), await tries.begin('a', rule)]).toEqual([0, 100_000])
  await tries.forget('a')
  expect([await tries.begin('a', rule), await tries.begin('a', rule)]).toEqual([0, 0])
})

test('pods count together in Redis, under names that reveal nothing', async () => {
  const prefix = redisPrefix().replace(':', '')
  const connections = [0, 1].map(() => openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log: quiet }))
  await Promise.all(connections.map((redis) => eventually(() => expect(redis.status).toBe('ready'))))
  const [one, other] = connections.map((redis) =>
    createSharedTries(redis, { prefix, local: createLocalTries(new ManualClock().monotonicMs) }),
  )
  const [redis] = connections
  if (!one || !other || !redis) throw new Error('two pods')
  expect([await one.begin('alice 203.0.113.7', rule), await other.begin('alice 203.0.113.7', rule)]).toEqual([0, 0])
  expect(await one.begin('alice 203.0.113.7', rule)).toBeGreaterThan(50_000)
  const names = await redis.keys(`${prefix}*`)
  expect(names).toHaveLength(1)
  expect(names.join().replaceAll(prefix, '')).not.toMatch(/alice|203/)
  expect(await redis.pttl(names[0] ?? '')).toBeGreaterThan(300_000)
  await other.takeBack('alice 203.0.113.7')
  expect(await one.begin('alice 203.0.113.7', rule)).toBe(0)
  expect(await one.begin('alice 203.0.113.7', rule)).toBeGreaterThan(50_000)
  await one.forget('alice 203.0.113.7')
  expect(await redis.keys(`${prefix}*`)).toEqual([])
  await one.takeBack('alice 203.0.113.7')
  expect(await redis.keys(`${prefix}*`)).toEqual([])
  for (const connection of connections) connection.disconnect()
})

test('counts locally while Redis is away', async () => {
  const redis = openPublisher({ random: Math.random, redisUrl: `redis://127.0.0.1:${await freePort()}`, log: quiet })
  const tries = createSharedTries(redis, { prefix: 'away', local: createLocalTries(new ManualClock().monotonicMs) })
  expect([await tries.begin('a', rule), await tries.begin('a', rule)]).toEqual([0, 0])
  expect(await tries.begin('a', rule)).toBe(100_000)
  await tries.forget('a')
  expect(await tries.begin('a', rule)).toBe(0)
  redis.disconnect()
})
