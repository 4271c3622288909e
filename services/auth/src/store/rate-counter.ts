import { createHash } from 'node:crypto'
import type { openPublisher } from '@fastchat/cluster'
import type { RateCounter } from '../domain/rate-limit.ts'

/** Keys that one pod remembers: some 20 MB. The oldest are forgotten first. */
const maxKeys = 100_000

/** Counts within this process. `now` in milliseconds of a monotonic clock. */
export function createLocalCounter(now: () => number): RateCounter {
  const windows = new Map<string, { count: number; endsAt: number }>()
  return {
    async hit(key, windowMs, cost = 1) {
      let window = windows.get(key)
      if (window === undefined || window.endsAt <= now()) {
        window = { count: 0, endsAt: now() + windowMs }
        windows.delete(key) // a Map keeps the order of insertion: the new window goes last
        windows.set(key, window)
        const [oldest] = windows.keys()
        if (windows.size > maxKeys && oldest !== undefined) windows.delete(oldest)
      }
      window.count += cost
      return { count: window.count, leftMs: window.endsAt - now() }
    },
  }
}

/**
 * Counts over all pods in Redis, and here while Redis is away: the limit is then one for each pod. Redis sees a hash of the
 * key, no names or addresses.
 */
export function createSharedCounter(
  redis: ReturnType<typeof openPublisher>,
  { prefix, local }: { prefix: string; local: RateCounter },
): RateCounter {
  return {
    async hit(key, windowMs, cost = 1) {
      const name = `${prefix}:rate:${createHash('sha256').update(key).digest('base64url').slice(0, 22)}`
      try {
        const replies = await redis.multi().set(name, 0, 'PX', windowMs, 'NX').incrby(name, cost).pttl(name).exec()
        const [, counted, left] = replies ?? []
        const [count, leftMs] = [counted?.[1], left?.[1]]
        if (typeof count === 'number' && typeof leftMs === 'number') return { count, leftMs: Math.max(0, leftMs) }
      } catch {
        // The connection tells the log when it breaks; a line for each request would flood it.
      }
      return local.hit(key, windowMs, cost)
    },
  }
}
