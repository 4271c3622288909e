import { randomUUID } from 'node:crypto'
import type { Clock } from '@fastchat/clock'
import { createKeys, createPodSeal, openPods, openPublisher, redisNowMs } from '@fastchat/cluster'
import {
  type ClockWatch,
  createTokenVerifier,
  fromCheckedBase64Url,
  type Lifecycle,
  type Logger,
  openClockWatch,
  type TokenVerifier,
} from '@fastchat/service'
import { createRateLimiter, type RateLimiter } from '@fastchat/service/token-bucket'
import { clockOfServer } from './clock-of-server.ts'
import type { Config } from './config.ts'
import { createPlacement, type Placement } from './domain/placement.ts'
import { type BalancerMetrics, createBalancerMetrics } from './metrics.ts'

const refreshEveryMs = 1_000

export type Deps = {
  readonly log: Logger
  readonly life: Lifecycle
  readonly newRequestId: () => string
  readonly verifier: TokenVerifier
  readonly placement: Placement
  readonly clockWatch: Pick<ClockWatch, 'isOff' | 'hasLooked'>
  readonly admission: RateLimiter
  readonly metrics: BalancerMetrics
  readonly random: () => number
}

export type Base = {
  readonly log: Logger
  readonly life: Lifecycle
  readonly clock: Clock
  readonly redisPrefix?: string
}

export function openDeps(config: Config, { log, life, clock, redisPrefix }: Base): Deps {
  const keys = createKeys(redisPrefix)
  const target = { redisUrl: config.REDIS_URL, redisCa: config.REDIS_CA }
  const redis = life.own(openPublisher({ random: Math.random, ...target, log, name: 'balancer' }), (it) =>
    it.disconnect(),
  )
  const metrics = createBalancerMetrics({
    knownPods: () => placement.knownPods(),
    clockAheadMs: () => clockWatch.aheadMs,
  })
  const seal = createPodSeal(fromCheckedBase64Url(config.POD_HMAC_KEY))
  const pods = openPods({
    ...{ redis, keys, seal, log, clock, random: Math.random },
    onIgnored: metrics.recordIgnored,
  })
  const placement: Placement = createPlacement({ pods, log, clock, random: Math.random })
  redis.on('ready', placement.refresh)
  life.own(
    setInterval(() => void placement.refresh(), refreshEveryMs),
    clearInterval,
  )
  const { watch: clockWatch } = openClockWatch({
    references: [() => redisNowMs(redis), clockOfServer(config.AUTH_JWKS_URL)],
    toleranceMs: config.CLOCK_TOLERANCE_SECONDS * 1_000,
    wallMs: clock.wallMs,
    log,
    life,
  })
  redis.on('ready', () => void clockWatch.look())
  return {
    log,
    life,
    newRequestId: randomUUID,
    verifier: createTokenVerifier({ issuer: config.AUTH_ISSUER, keys: { jwksUrl: config.AUTH_JWKS_URL }, clock }),
    placement,
    clockWatch,
    admission: createRateLimiter({ perSecond: config.ADMIT_PER_SECOND, burst: config.ADMIT_BURST }, clock.monotonicMs),
    metrics,
    random: Math.random,
  }
}
