import { systemClock } from '@fastchat/clock'
import { createKeys, createPodSeal, openPods, openPublisher } from '@fastchat/cluster'
import { createTokenVerifier, type Lifecycle, type Logger, type TokenVerifier } from '@fastchat/service'
import type { Config } from './config.ts'
import { createPlacement, type Placement } from './domain/placement.ts'
import { createTokenBucket, type TokenBucket } from './domain/token-bucket.ts'
import { type BalancerMetrics, createBalancerMetrics } from './metrics.ts'

const refreshEveryMs = 1_000

export type Deps = {
  readonly log: Logger
  readonly life: Lifecycle
  readonly verifier: TokenVerifier
  readonly placement: Placement
  readonly admission: TokenBucket
  readonly metrics: BalancerMetrics
  readonly random: () => number
}

export type Base = { readonly log: Logger; readonly life: Lifecycle; readonly redisPrefix?: string }

export function openDeps(config: Config, { log, life, redisPrefix }: Base): Deps {
  const now = () => performance.now()
  const keys = createKeys(redisPrefix)
  const target = { redisUrl: config.REDIS_URL, redisCa: config.REDIS_CA }
  const redis = life.own(openPublisher({ ...target, log, name: 'balancer' }), (it) => it.disconnect())
  const metrics = createBalancerMetrics(() => placement.knownPods())
  const seal = createPodSeal(Buffer.from(config.POD_HMAC_KEY, 'base64url'))
  const pods = openPods({
    ...{ redis, keys, seal, log, clock: systemClock, random: Math.random },
    onIgnored: metrics.recordIgnored,
  })
  const placement: Placement = createPlacement({ pods, log, now, wallClock: Date.now, random: Math.random })
  redis.on('ready', placement.refresh)
  life.own(
    setInterval(() => void placement.refresh(), refreshEveryMs),
    clearInterval,
  )
  return {
    log,
    life,
    verifier: createTokenVerifier({ issuer: config.AUTH_ISSUER, keys: { jwksUrl: config.AUTH_JWKS_URL } }),
    placement,
    admission: createTokenBucket({ perSecond: config.ADMIT_PER_SECOND, burst: config.ADMIT_BURST, now }),
    metrics,
    random: Math.random,
  }
}
