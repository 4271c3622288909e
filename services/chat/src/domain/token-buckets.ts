import type { MonotonicMs } from '@fastchat/clock'
import { fullBucket, type Rate, type TokenBucket, takeToken } from '@fastchat/service/token-bucket'
import { LRUCache } from 'lru-cache'

/**
 * Holds one token bucket for each key. With more than `maxKeys` keys, the bucket used least
 * recently is forgotten. Its key then starts with a full bucket, which can only be to its
 * advantage.
 */
export class TokenBuckets<Key extends string | number> {
  readonly #rate: Rate
  readonly #buckets: LRUCache<Key, TokenBucket>
  /** Passed to each `get`, which would otherwise allocate an object. */
  readonly #getOptions = {}

  constructor(rate: Rate, maxKeys: number) {
    this.#rate = rate
    this.#buckets = new LRUCache({ max: maxKeys })
  }

  /** Takes a token of `key`, as `takeToken` does. */
  take(key: Key, at: MonotonicMs): number {
    let bucket = this.#buckets.get(key, this.#getOptions)
    if (bucket === undefined) {
      bucket = fullBucket(this.#rate, at)
      this.#buckets.set(key, bucket)
    }
    return takeToken(bucket, this.#rate, at)
  }
}
