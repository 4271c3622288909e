import { type Clock, later } from '@fastchat/clock'
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'

/** A removed key is forgotten within this time. */
const refreshMs = 10 * 60_000
/** A flood of unknown `kid`s causes at most one fetch in this time. */
const cooldownMs = 30_000
const timeoutMs = 3_000

/**
 * Returns the key set at `url`. It is fetched at first use, again for an unknown `kid`, and every
 * 10 minutes in the background. While auth is away, the last fetched keys stay in use.
 */
export function remoteKeys(url: string, { monotonicMs }: Pick<Clock, 'monotonicMs'>): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: cooldownMs,
    timeoutDuration: timeoutMs,
  })
  let renewAt = later(monotonicMs(), refreshMs)
  return (header, token) => {
    if (monotonicMs() >= renewAt) {
      renewAt = later(monotonicMs(), cooldownMs)
      void keys.reload().then(
        () => {
          renewAt = later(monotonicMs(), refreshMs)
        },
        () => undefined, // fetched again after the cooldown
      )
    }
    return keys(header, token)
  }
}
