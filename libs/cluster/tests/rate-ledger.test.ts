import { randomUUID } from 'node:crypto'
import { ManualClock } from '@fastchat/clock/testing'
import { eventually, redisPrefix, testRedisUrl } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'
import { openPublisher } from '../src/connections.ts'
import { createKeys } from '../src/keys.ts'
import { RateLedger } from '../src/rate-ledger.ts'

const log = { info: () => undefined, warn: () => undefined }
const keys = createKeys(redisPrefix())
const redis = openPublisher({ random: Math.random, redisUrl: testRedisUrl(), log })
afterAll(() => redis.disconnect())

const hourly = { perSecond: 10 / 3_600, burst: 10 }

/** Makes a pod whose clock stands still until `advance` is called. */
function pod(connection = redis) {
  const clock = new ManualClock()
  const ledger = new RateLedger({ redis: connection, keys, clock })
  afterAll(() => ledger.close())
  return { clock, ledger, hourly: ledger.limit('hourly', hourly) }
}

test('a burst is allowed at once, then the rate, and a rejection says how long to wait', () => {
  const { clock, ledger } = pod()
  const limit = ledger.limit('test', { perSecond: 10, burst: 3 })
  expect([1, 2, 3].map(() => limit.take('a'))).toEqual([0, 0, 0])
  expect(limit.take('a')).toBe(100)
  clock.advance(60)
  expect(limit.take('a')).toBe(40)
  clock.advance(40)
  expect(limit.take('a')).toBe(0)
  expect(limit.take('b')).toBe(0)
  clock.advance(59_900)
  expect(limit.take('a', 3)).toBe(0)
  expect(limit.take('a', 2)).toBe(200)
})

test('use on one pod counts on the others', async () => {
  const [one, two, three] = [pod(), pod(), pod()]
  const user = randomUUID()
  for (let n = 0; n < 9; n++) expect(one.hourly.take(user)).toBe(0)
  await eventually(async () => expect(await redis.exists(`${keys.rate}hourly:${user}`)).toBe(1))
  // Each accepts two, because it has heard nothing yet. One alone is too little to tell Redis.
  for (const { hourly: limit } of [two, three]) expect([limit.take(user), limit.take(user)]).toEqual([0, 0])
  // By their own use they would wait for two of ten, by the use of all for more than nine. A
  // rejected `take` uses nothing.
  for (const { hourly: limit } of [two, three]) {
    await eventually(() => expect(limit.take(user, 10)).toBeGreaterThan(9 * 360_000))
  }
  // The allowance of another user is untouched.
  expect(two.hourly.take(randomUUID(), 10)).toBe(0)
})

test('without Redis each pod applies the rate by itself', async () => {
  const away = openPublisher({ random: Math.random, redisUrl: 'redis://127.0.0.1:1', log })
  afterAll(() => away.disconnect())
  const { clock, hourly: limit } = pod(away)
  expect(limit.take('a', 10)).toBe(0)
  expect(limit.take('a')).toBe(360_000)
  clock.advance(360_000)
  expect(limit.take('a')).toBe(0)
})

test('keys in Redis expire once the allowance is refilled', async () => {
  const { ledger } = pod()
  const user = randomUUID()
  ledger.limit('quick', { perSecond: 1, burst: 60 }).take(user, 60)
  const leftMs = await eventually(async () => {
    const ms = await redis.pttl(`${keys.rate}quick:${user}`)
    expect(ms).toBeGreaterThan(0) // below 0: no key, or a key without expiry
    return ms
  })
  expect(leftMs).toBeLessThanOrEqual(60_001)
})

test('users who use little are not told to Redis', async () => {
  const { clock, ledger } = pod()
  const limit = ledger.limit('little', { perSecond: 8, burst: 80 })
  const [little, much] = [randomUUID(), randomUUID()]
  for (let n = 0; n < 100; n++) {
    clock.advance(1_000)
    expect(limit.take(little)).toBe(0)
    expect(limit.take(much, 2)).toBe(0)
  }
  await eventually(async () => expect(await redis.exists(`${keys.rate}little:${much}`)).toBe(1))
  expect(await redis.exists(`${keys.rate}little:${little}`)).toBe(0)
})
