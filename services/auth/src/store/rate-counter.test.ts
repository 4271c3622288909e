import { ManualClock } from '@fastchat/clock/testing'
import { openPublisher } from '@fastchat/cluster'
import { eventually, freePort, redisPrefix, testRedisUrl } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { createLocalCounter, createSharedCounter } from './rate-counter.ts'

const quiet = { info: () => undefined, warn: () => undefined }

test('counts each key separately and starts again after its window', async () => {
  const clock = new ManualClock()
  const counter = createLocalCounter(clock.monotonicMs)
  expect(await counter.hit('a', 1_000)).toEqual({ count: 1, leftMs: 1_000 })
  clock.advance(400)
  expect(await counter.hit('a', 1_000)).toEqual({ count: 2, leftMs: 600 })
  expect(await counter.hit('b', 1_000)).toEqual({ count: 1, leftMs: 1_000 })
  expect(await counter.hit('a', 1_000, 40)).toEqual({ count: 42, leftMs: 600 })
  clock.advance(600)
  expect(await counter.hit('a', 1_000)).toEqual({ count: 1, leftMs: 1_000 })
})

test('pods count together in Redis, under names that reveal nothing', async () => {
  const prefix = redisPrefix().replace(':', '')
  const connections = [0, 1].map(() => openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log: quiet }))
  await Promise.all(connections.map((redis) => eventually(() => expect(redis.status).toBe('ready'))))
  const [one, other] = connections.map((redis) =>
    createSharedCounter(redis, { prefix, local: createLocalCounter(new ManualClock().monotonicMs) }),
  )
  const first = await one?.hit('ip:203.0.113.7', 60_000)
  const second = await other?.hit('ip:203.0.113.7', 60_000)
  expect([first?.count, second?.count]).toEqual([1, 2])
  expect(await one?.hit('ip:203.0.113.7', 60_000, 40)).toMatchObject({ count: 42 })
  expect(second?.leftMs).toBeGreaterThan(50_000)
  const names = (await connections[0]?.keys(`${prefix}*`)) ?? []
  expect(names).toHaveLength(1)
  expect(names.join()).not.toContain('203')
  expect(await connections[0]?.pttl(names[0] ?? '')).toBeLessThanOrEqual(60_000)
  for (const redis of connections) redis.disconnect()
})

test('counts locally while Redis is away', async () => {
  const redis = openPublisher({ random: Math.random, redisUrl: `redis://127.0.0.1:${await freePort()}`, log: quiet })
  const counter = createSharedCounter(redis, {
    prefix: 'away',
    local: createLocalCounter(new ManualClock().monotonicMs),
  })
  expect((await counter.hit('a', 1_000)).count).toBe(1)
  expect((await counter.hit('a', 1_000, 40)).count).toBe(41)
  redis.disconnect()
})
