import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose'

/** A retired key is forgotten within this time. */
const refreshMs = 10 * 60_000
/** A flood of unknown `kid`s causes at most one fetch in this time. */
const cooldownMs = 30_000
const timeoutMs = 3_000

/**
 * The key set at `url`, fetched when first needed and again for an unknown `kid`. Known keys stay good while auth is away: the
 * set is renewed beside the requests, and what was fetched last is used until that succeeds.
 */
export function remoteKeys(url: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: cooldownMs,
    timeoutDuration: timeoutMs,
  })
  let renewAt = performance.now() + refreshMs
  return (header, token) => {
    if (performance.now() >= renewAt) {
      renewAt = performance.now() + cooldownMs
      void keys.reload().then(
        () => {
          renewAt = performance.now() + refreshMs
        },
        () => undefined, // tried again after the cooldown
      )
    }
    return keys(header, token)
  }
}
