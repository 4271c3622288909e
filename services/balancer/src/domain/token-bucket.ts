export type TokenBucketOptions = {
  readonly perSecond: number
  readonly burst: number
  /** Milliseconds, never going back. */
  readonly now: () => number
}

export type TokenBucket = {
  /** Takes a token: 0 when there was one, else the milliseconds until there will be. */
  take(): number
}

/** Lets `burst` through at once and `perSecond` in the long run. */
export function createTokenBucket({ perSecond, burst, now }: TokenBucketOptions): TokenBucket {
  let tokens = burst
  let filledAt = now()
  return {
    take() {
      const at = now()
      tokens = Math.min(burst, tokens + ((at - filledAt) / 1000) * perSecond)
      filledAt = at
      if (tokens < 1) return Math.ceil(((1 - tokens) / perSecond) * 1000)
      tokens -= 1
      return 0
    },
  }
}
