import { createHash } from 'node:crypto'
import { later, type MonotonicMs } from '@fastchat/clock'
import type { openPublisher } from '@fastchat/cluster'
import { toBase64Url } from '@fastchat/service'
import { LRUCache } from 'lru-cache'
import { delayAfter, type TryCounter } from '../domain/guess-delay.ts'

/**
 * The most keys that one pod remembers, about 20 MB. The least recently tried are dropped first.
 */
const maxKeys = 100_000

type Tries = { tries: number; waitsUntil: MonotonicMs; readonly endsAt: MonotonicMs }

/** Counts within this process, by a monotonic clock. */
export function createLocalTries(monotonicMs: () => MonotonicMs): TryCounter {
  const counts = new LRUCache<string, Tries>({ max: maxKeys })
  return {
    async begin(key, rule) {
      const now = monotonicMs()
      const last = counts.peek(key) // a rejected try must not keep its key in the cache
      const { tries, waitsUntil } = last && last.endsAt > now ? last : { tries: 0, waitsUntil: now }
      if (waitsUntil > now) return waitsUntil - now
      counts.set(key, {
        tries: tries + 1,
        waitsUntil: later(now, delayAfter(tries + 1, rule)),
        endsAt: later(now, rule.forgottenMs),
      })
      return 0
    },
    async takeBack(key) {
      const last = counts.peek(key)
      if (last === undefined) return
      last.tries = Math.max(0, last.tries - 1)
      last.waitsUntil = monotonicMs()
    },
    async forget(key) {
      counts.delete(key)
    },
  }
}

/** Computes the delay as `delayAfter` does, by the clock of Redis. */
const beginScript = `
local now = redis.call('time')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local free, first, most, forgotten = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local untilMs = tonumber(redis.call('hget', KEYS[1], 'until') or 0)
if untilMs > now then return untilMs - now end
local tries = redis.call('hincrby', KEYS[1], 'tries', 1)
if tries >= free then
  redis.call('hset', KEYS[1], 'until', now + math.min(most, first * 2 ^ math.min(tries - free, 30)))
end
redis.call('pexpire', KEYS[1], forgotten)
return 0`
const takeBackScript = `
if redis.call('exists', KEYS[1]) == 1 and redis.call('hincrby', KEYS[1], 'tries', -1) < 0 then redis.call('del', KEYS[1]) end
redis.call('hdel', KEYS[1], 'until')`

/**
 * Counts over all pods in Redis, and locally while Redis is away. Redis sees a hash of the key, no
 * names or addresses.
 */
export function createSharedTries(
  redis: ReturnType<typeof openPublisher>,
  { prefix, local }: { prefix: string; local: TryCounter },
): TryCounter {
  const nameOf = (key: string) =>
    `${prefix}:tries:${toBase64Url(createHash('sha256').update(key).digest()).slice(0, 22)}`
  return {
    async begin(key, rule) {
      try {
        const { freeTries, firstDelayMs, maxDelayMs, forgottenMs } = rule
        const values = [freeTries, firstDelayMs, maxDelayMs, forgottenMs]
        const waitMs = await redis.eval(beginScript, 1, nameOf(key), ...values)
        if (typeof waitMs === 'number') return waitMs
      } catch {
        // The connection logs its own failure. A line for each request would flood the log.
      }
      return local.begin(key, rule)
    },
    async takeBack(key) {
      await Promise.all([local.takeBack(key), redis.eval(takeBackScript, 1, nameOf(key)).catch(() => undefined)])
    },
    async forget(key) {
      await Promise.all([local.forget(key), redis.del(nameOf(key)).catch(() => undefined)])
    },
  }
}
