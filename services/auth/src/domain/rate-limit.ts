import type { limits } from '@fastchat/schema'
import { AppError } from '@fastchat/service'

/** Counts uses of a key in windows of fixed length. */
export type RateCounter = {
  /** Adds `cost`, by default 1, to the use of the key. */
  hit(key: string, windowMs: number, cost?: number): Promise<{ readonly count: number; readonly leftMs: number }>
}

/** Counts one use, or `cost` units. @throws AppError `rate_limited` */
export type RateLimit = (key: string, cost?: number) => Promise<void>

/** Counts one use and returns whether it is within the budget. */
export type Budget = (key: string) => Promise<boolean>

/**
 * Allows `max` uses of each key in `windowMs`. Beyond the budget, the caller falls back to a
 * cheaper answer.
 */
export function createBudget(
  counter: RateCounter,
  { name, max, windowMs }: { name: string; max: number; windowMs: number },
): Budget {
  return async (key) => (await counter.hit(`${name}:${key}`, windowMs)).count <= max
}

/**
 * Allows at most `max` uses of each key in `windowMs`. The error names the `limit` of the contract,
 * if it is one.
 */
export function createRateLimit(
  counter: RateCounter,
  { name, max, windowMs, limit }: { name: string; max: number; windowMs: number; limit?: keyof typeof limits },
): RateLimit {
  const details = limit && { limit, max }
  return async (key, cost) => {
    const { count, leftMs } = await counter.hit(`${name}:${key}`, windowMs, cost)
    if (count > max) throw new AppError('rate_limited', details, { retryMs: leftMs })
  }
}
