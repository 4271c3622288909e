import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type Clock, systemClock } from '@fastchat/clock'
import {
  type Bus,
  createBus,
  createKeys,
  createPodSeal,
  openLagMeter,
  openPublisher,
  RateLedger,
} from '@fastchat/cluster'
import { openPool } from '@fastchat/db'
import { podNamePattern } from '@fastchat/schema'
import {
  type ClockWatch,
  ConfigError,
  createTokenVerifier,
  fromCheckedBase64Url,
  type Lifecycle,
  type Logger,
  type TokenVerifier,
} from '@fastchat/service'
import type { Config } from './config.ts'
import { createDelivery, type PodDelivery } from './delivery/create-delivery.ts'
import type { Registry } from './domain/registry.ts'
import type { Traces } from './domain/traces.ts'
import { type ChatMetrics, createChatMetrics } from './metrics.ts'
import { openClockWatch } from './open-clock-watch.ts'
import { type Fleet, openFleet } from './open-fleet.ts'
import { type PodLimits, podLimits } from './pod-limits.ts'
import { openRates, type Rates } from './rates.ts'
import { createStore, type Store } from './store/index.ts'
import { createRegistry } from './store/registry.ts'
import type { Writers } from './store/writers.ts'
import { openTraces } from './tracing/open-traces.ts'
import { openPushRounds, type PushRounds } from './web-push/open-push-rounds.ts'
import { type PushSettings, pushSettings } from './web-push/push-settings.ts'

/** The registry pool serves only the small queries of a `hello`. */
const registryConnections = 2

export type Deps = {
  readonly log: Logger
  readonly life: Lifecycle
  readonly newRequestId: () => string
  readonly pod: string
  readonly capacity: number
  readonly limits: PodLimits
  /** Rates of addresses and users, over all pods. */
  readonly rates: Rates
  readonly trustProxy: string | undefined
  readonly verifier: TokenVerifier
  readonly bus: Bus
  readonly store: Store
  readonly writers: Writers
  readonly delivery: PodDelivery
  readonly registry: Registry
  readonly fleet: Fleet
  readonly metrics: ChatMetrics
  readonly traces: Traces | undefined
  /** Absent: closed browsers are not woken. */
  readonly push: PushSettings | undefined
  readonly pushRounds: PushRounds | undefined
  /** The time over which clients are sent elsewhere when the pod ends. */
  readonly drainMs: number
  readonly clock: Clock
  readonly clockWatch: Pick<ClockWatch, 'isOff' | 'aheadMs'>
  /** Reads how late the event loop was between the call before last and this one. */
  readonly takeLagMs: () => number
  readonly random: () => number
}

export type Base = { readonly log: Logger; readonly life: Lifecycle; readonly redisPrefix?: string }

/**
 * Opens what a pod needs: first the log, then the delivery of its entries, then the writers, which
 * announce to that.
 *
 * @throws if PostgreSQL is unreachable, or its settings could lose confirmed data
 */
export async function openDeps(config: Config, { log, life, redisPrefix }: Base): Promise<Deps> {
  const { DATABASE_URL: databaseUrl, DATABASE_CA: databaseCa, POD_CAPACITY: capacity } = config
  const { REDIS_URL: redisUrl, REDIS_CA: redisCa } = config
  const clock = systemClock
  const random = Math.random
  const pod = config.POD_NAME ?? hostname()
  if (!new RegExp(podNamePattern).test(pod))
    throw new ConfigError(['POD_NAME is missing, and the host name can’t be the last part of a path'])
  const bootId = randomUUID()
  // Traces are opened first and so closed last: spans of work in progress still go out.
  const traces = await openTraces(config, { log, life, pod, clock })
  const redis = life.own(openPublisher({ random: Math.random, redisUrl, redisCa, log, name: 'chat' }), (it) =>
    it.disconnect(),
  )
  // Reading a lag meter resets it, so each reader has one.
  const reportedLag = life.own(openLagMeter(), (it) => it.close())
  const sheddingLag = life.own(openLagMeter(), (it) => it.close())
  const hmacKey = fromCheckedBase64Url(config.POD_HMAC_KEY)
  const busOptions = { redisUrl, redisCa, log, clock, random, origin: bootId, hmacKey }
  const bus = life.own(createBus({ ...busOptions, ...(redisPrefix !== undefined && { prefix: redisPrefix }) }), (it) =>
    it.close(),
  )
  const metrics = createChatMetrics()
  const keepDays = config.RETENTION_DAYS
  const store = life.own(
    await createStore({ databaseUrl, databaseCa, log, keepDays, clock, random, newId: randomUUID }),
    (it) => it.close(),
  )
  const pool = life.own(
    openPool(databaseUrl, {
      databaseCa,
      maxConnections: registryConnections,
      applicationName: 'chat-registry',
      onIdleError: (err) => log.warn({ err }, 'postgres connection lost'),
    }),
    (it) => it.end(),
  )
  const registry = createRegistry(pool)
  const delivery = createDelivery({
    log,
    entries: store.log,
    signals: store.signals,
    bus,
    registry,
    origin: bootId,
    traces,
  })
  const { announce } = delivery.fanOut
  const push = pushSettings(config)
  const pushRounds = push && openPushRounds({ settings: push, store: store.pushes, log, life })
  const tell: typeof announce = (stored) => {
    announce(stored)
    pushRounds?.note(stored)
  }
  const writers = life.own(store.openWriters({ announce: tell, onAppend: metrics.appending, traces }), (it) =>
    it.writer.idle(),
  )
  const keys = createKeys(redisPrefix)
  const ledger = life.own(new RateLedger({ redis, keys, clock }), (it) => it.close())
  const limits = podLimits(config)
  const toleranceMs = config.CLOCK_TOLERANCE_SECONDS * 1_000
  return {
    log,
    life,
    newRequestId: randomUUID,
    pod,
    capacity,
    limits,
    rates: openRates(ledger, limits),
    trustProxy: config.TRUST_PROXY,
    verifier: createTokenVerifier({ issuer: config.AUTH_ISSUER, keys: { jwksUrl: config.AUTH_JWKS_URL }, clock }),
    bus,
    store,
    writers,
    delivery,
    registry,
    fleet: openFleet({
      ...{ redis, keys, seal: createPodSeal(hmacKey), log, pod, bootId, capacity, revision: config.POD_REVISION },
      ...{ clock, random, onIgnored: metrics.recordIgnored },
      takeLagMs: () => reportedLag.takeP99Ms(),
    }),
    metrics,
    traces,
    push,
    pushRounds,
    drainMs: config.DRAIN_SECONDS * 1_000,
    clock,
    clockWatch: await openClockWatch({ pool, redis, log, life, toleranceMs, wallMs: clock.wallMs }),
    takeLagMs: () => sheddingLag.takeP99Ms(),
    random,
  }
}
