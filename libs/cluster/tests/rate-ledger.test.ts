import { randomUUID } from 'node:crypto'
import { eventually, redisPrefix, testRedisUrl } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { openPublisher } from '../src/connections.ts'
import { createKeys } from '../src/keys.ts'
import { RateLedger } from '../src/rate-ledger.ts'

const log = { info: () => undefined, warn: () => undefined }
const keys = createKeys(redisPrefix())
const redis = openPublisher({ redisUrl: testRedisUrl(), log })
afterAll(() => redis.disconnect())

const hourly = { perSecond: 10 / 3_600, burst: 10 }

/** A pod whose clock stands still until it is told the time. */
function pod(connection = redis) {
  const clock = { nowMs: 0 }
  const ledger = new RateLedger({ redis: connection, keys, nowMs: () => clock.nowMs })
  afterAll(() => ledger.close())
  return { clock, ledger, hourly: ledger.limit('hourly', hourly) }
}

test('a burst at once, then the rate, and it says when to come back', () => {
  const { clock, ledger } = pod()
  const limit = ledger.limit('test', { perSecond: 10, burst: 3 })
  expect([1, 2, 3].map(() => limit.take('a'))).toEqual([0, 0, 0])
  expect(limit.take('a')).toBe(100)
  clock.nowMs = 60
  expect(limit.take('a')).toBe(40)
  clock.nowMs = 100
  expect(limit.take('a')).toBe(0)
  expect(limit.take('b')).toBe(0)
  clock.nowMs = 60_000
  expect(limit.take('a', 3)).toBe(0)
  expect(limit.take('a', 2)).toBe(200)
})

test('what one pod lets through, the others know of', async () => {
  const [one, two, three] = [pod(), pod(), pod()]
  const user = randomUUID()
  for (let n = 0; n < 9; n++) expect(one.hourly.take(user)).toBe(0)
  await eventually(async () => expect(await redis.exists(`${keys.rate}hourly:${user}`)).toBe(1))
  // Their first ones are let through, since they had heard nothing; one alone is nothing to talk about.
  for (const { hourly: limit } of [two, three]) expect([limit.take(user), limit.take(user)]).toEqual([0, 0])
  // Of all ten it would have to wait for one by itself, and for ten by what all have used. (What is refused is not used.)
  for (const { hourly: limit } of [two, three]) {
    await eventually(() => expect(limit.take(user, 10)).toBeGreaterThan(9 * 360_000))
  }
  // Somebody else's is untouched.
  expect(two.hourly.take(randomUUID(), 10)).toBe(0)
})

test('without Redis each pod keeps the rate by itself', async () => {
  const away = openPublisher({ redisUrl: 'redis://127.0.0.1:1', log })
  afterAll(() => away.disconnect())
  const { clock, hourly: limit } = pod(away)
  expect(limit.take('a', 10)).toBe(0)
  expect(limit.take('a')).toBe(360_000)
  clock.nowMs = 360_000
  expect(limit.take('a')).toBe(0)
})

test('nothing stays in Redis for longer than it matters', async () => {
  const { ledger } = pod()
  const user = randomUUID()
  ledger.limit('quick', { perSecond: 1, burst: 60 }).take(user, 60)
  const leftMs = await eventually(async () => {
    const ms = await redis.pttl(`${keys.rate}quick:${user}`)
    expect(ms).toBeGreaterThan(0) // less: not there, or there for ever
    return ms
  })
  expect(leftMs).toBeLessThanOrEqual(60_001)
})

test('Redis hears nothing of those who use little', async () => {
  const { clock, ledger } = pod()
  const limit = ledger.limit('little', { perSecond: 8, burst: 80 })
  const [little, much] = [randomUUID(), randomUUID()]
  for (let n = 0; n < 100; n++) {
    clock.nowMs += 1_000
    expect(limit.take(little)).toBe(0)
    expect(limit.take(much, 2)).toBe(0)
  }
  await eventually(async () => expect(await redis.exists(`${keys.rate}little:${much}`)).toBe(1))
  expect(await redis.exists(`${keys.rate}little:${little}`)).toBe(0)
})
