export type Rate = { readonly perSecond: number; readonly burst: number }

export type TokenBucket = { tokens: number; atMs: number }

export const fullBucket = ({ burst }: Rate, nowMs: number): TokenBucket => ({ tokens: burst, atMs: nowMs })

/** Takes a token: 0 when there was one, else the milliseconds until there will be. */
export function takeToken(bucket: TokenBucket, { perSecond, burst }: Rate, nowMs: number): number {
  bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond)
  bucket.atMs = nowMs
  if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / perSecond) * 1000)
  bucket.tokens -= 1
  return 0
}

/**
 * A token bucket for each key: `burst` at once, `perSecond` in the long run. Past `maxKeys` the one used least recently is
 * forgotten, which can only be to its favour.
 */
export class TokenBuckets<Key> {
  readonly #rate: Rate
  readonly #maxKeys: number
  readonly #buckets = new Map<Key, TokenBucket>()

  constructor(rate: Rate, maxKeys: number) {
    this.#rate = rate
    this.#maxKeys = maxKeys
  }

  /** As `takeToken`. */
  take(key: Key, nowMs: number): number {
    const bucket = this.#buckets.get(key) ?? fullBucket(this.#rate, nowMs)
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > this.#maxKeys) this.#forgetOldest()
    return takeToken(bucket, this.#rate, nowMs)
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key)
      return
    }
  }
}
