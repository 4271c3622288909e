import type { MonotonicMs } from '@fastchat/clock'

/** A rate limit: `burst` at once after a quiet time, `perSecond` in the long run. */
export type Rate = { readonly perSecond: number; readonly burst: number }

/** The state of one bucket. It is a plain object, since a chat pod holds one for each socket. */
export type TokenBucket = { tokens: number; filledAt: MonotonicMs }

/** Returns a full bucket. */
export function fullBucket({ burst }: Rate, at: MonotonicMs): TokenBucket {
  return { tokens: burst, filledAt: at }
}

/** Takes a token. Returns 0 if there was one, else the milliseconds until there will be one. */
export function takeToken(bucket: TokenBucket, { perSecond, burst }: Rate, at: MonotonicMs): number {
  bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.filledAt) / 1000) * perSecond)
  bucket.filledAt = at
  if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / perSecond) * 1000)
  bucket.tokens -= 1
  return 0
}

/** One rate limit for all callers. */
export type RateLimiter = {
  /** Takes a token, as `takeToken` does. */
  take(): number
}

/** Returns a rate limiter that starts full. */
export function createRateLimiter(rate: Rate, monotonicMs: () => MonotonicMs): RateLimiter {
  const bucket = fullBucket(rate, monotonicMs())
  return { take: () => takeToken(bucket, rate, monotonicMs()) }
}
