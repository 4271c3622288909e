import { createHash } from 'node:crypto'
import { later, type MonotonicMs } from '@fastchat/clock'
import type { openPublisher } from '@fastchat/cluster'
import { toBase64Url } from '@fastchat/service'
import { LRUCache } from 'lru-cache'
import type { RateCounter } from '../domain/rate-limit.ts'

/** The most keys that one pod remembers, about 20 MB. The oldest window is dropped first. */
const maxKeys = 100_000

/** Counts within this process, by a monotonic clock. */
export function createLocalCounter(monotonicMs: () => MonotonicMs): RateCounter {
  const windows = new LRUCache<string, { count: number; readonly endsAt: MonotonicMs }>({ max: maxKeys })
  return {
    async hit(key, windowMs, cost = 1) {
      const now = monotonicMs()
      let window = windows.peek(key) // a use must not keep an old window in the cache
      if (window === undefined || window.endsAt <= now) {
        window = { count: 0, endsAt: later(now, windowMs) }
        windows.set(key, window)
      }
      window.count += cost
      return { count: window.count, leftMs: window.endsAt - now }
    },
  }
}

/**
 * Counts over all pods in Redis. While Redis is away it counts locally, so the limit then holds for
 * each pod. Redis sees a hash of the key, no names or addresses.
 */
export function createSharedCounter(
  redis: ReturnType<typeof openPublisher>,
  { prefix, local }: { prefix: string; local: RateCounter },
): RateCounter {
  return {
    async hit(key, windowMs, cost = 1) {
      const name = `${prefix}:rate:${toBase64Url(createHash('sha256').update(key).digest()).slice(0, 22)}`
      try {
        const replies = await redis.multi().set(name, 0, 'PX', windowMs, 'NX').incrby(name, cost).pttl(name).exec()
        const [, counted, left] = replies ?? []
        const [count, leftMs] = [counted?.[1], left?.[1]]
        if (typeof count === 'number' && typeof leftMs === 'number') return { count, leftMs: Math.max(0, leftMs) }
      } catch {
        // The connection logs its own failure. A line for each request would flood the log.
      }
      return local.hit(key, windowMs, cost)
    },
  }
}
