import type { limits } from '@fastchat/schema'
import { AppError } from '@fastchat/service'

/** Counts uses of a key in windows of fixed length. */
export type RateCounter = {
  /** Adds `cost`, or 1, to what the key has used. */
  hit(key: string, windowMs: number, cost?: number): Promise<{ readonly count: number; readonly leftMs: number }>
}

/** Counts one use, or `cost` of what is limited. @throws AppError `rate_limited` */
export type RateLimit = (key: string, cost?: number) => Promise<void>

/** Whether one more use is within what there is; it is then used. */
export type Budget = (key: string) => Promise<boolean>

/** `max` uses of each key in `windowMs`, for what is not refused without it but done in a cheaper way. */
export function createBudget(
  counter: RateCounter,
  { name, max, windowMs }: { name: string; max: number; windowMs: number },
): Budget {
  return async (key) => (await counter.hit(`${name}:${key}`, windowMs)).count <= max
}

/** At most `max` uses of each key in `windowMs`. A refusal names the `limit` of the contract, if it is one. */
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
