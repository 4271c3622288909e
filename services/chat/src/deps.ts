import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { systemClock } from '@fastchat/clock'
import {
  type Bus,
  createBus,
  createKeys,
  createPodRecord,
  createPodSeal,
  maxLagMs,
  openLagMeter,
  openPods,
  openPublisher,
  type PodLoad,
  type PodRecord,
  RateLedger,
  type ReportedPod,
  type ReservedPlace,
  reservePlaces,
  staleMs,
} from '@fastchat/cluster'
import { openPool } from '@fastchat/db'
import { type Candidate, candidateOf, podNamePattern } from '@fastchat/schema'
import { ConfigError, createTokenVerifier, type Lifecycle, type Logger, type TokenVerifier } from '@fastchat/service'
import type { Config } from './config.ts'
import type { ClockWatch } from './domain/clock-watch.ts'
import type { Announce } from './domain/ports.ts'
import type { PodView } from './domain/rebalance.ts'
import type { Registry } from './domain/registry.ts'
import type { Traces } from './domain/traces.ts'
import { type ChatMetrics, createChatMetrics } from './metrics.ts'
import { openClockWatch } from './open-clock-watch.ts'
import { type PodLimits, podLimits } from './pod-limits.ts'
import { openRates, type Rates } from './rates.ts'
import { createStore, type Store } from './store/index.ts'
import { createRegistry } from './store/registry.ts'
import { openTraces } from './tracing/open-traces.ts'

/** For the few small questions of a `hello`. */
const registryConnections = 2

export type Deps = {
  readonly log: Logger
  readonly life: Lifecycle
  readonly pod: string
  readonly bootId: string
  readonly capacity: number
  readonly limits: PodLimits
  /** Addresses and users over all pods. */
  readonly rates: Rates
  readonly trustProxy: string | undefined
  readonly verifier: TokenVerifier
  readonly bus: Bus
  readonly store: Store
  readonly registry: Registry
  readonly metrics: ChatMetrics
  readonly traces: Traces | undefined
  /** What the store calls for each entry; the sockets put themselves here. */
  readonly announcer: { announce: Announce }
  /** Starts to tell the balancer of this pod. `drain` is called when an operator asks for it. */
  readonly report: (load: () => Omit<PodLoad, 'lagMs'>, drain: () => Promise<void>) => PodRecord
  /** Over which clients are sent elsewhere when the pod ends. */
  readonly drainMs: number
  /** Other pods that may be offered to devices now. Rejects while Redis is away. */
  readonly candidates: () => Promise<readonly Candidate[]>
  /** All pods, this one included. Rejects while Redis is away. */
  readonly pods: () => Promise<readonly PodView[]>
  /** Keeps places on other pods for devices that are sent there. Rejects while Redis is away. */
  readonly reserve: (places: readonly ReservedPlace[]) => Promise<void>
  readonly clock: Pick<ClockWatch, 'isOff' | 'aheadMs'>
  /** By how many ms the event loop is late, for as long as from one call to the next but one. */
  readonly takeLagMs: () => number
  /** Of the monotonic clock. */
  readonly nowMs: () => number
  readonly random: () => number
}

export type Base = { readonly log: Logger; readonly life: Lifecycle; readonly redisPrefix?: string }

/** @throws if Postgres is not reachable, or would lose what it has confirmed. */
export async function openDeps(config: Config, { log, life, redisPrefix }: Base): Promise<Deps> {
  const { DATABASE_URL: databaseUrl, DATABASE_CA: databaseCa, POD_CAPACITY: capacity } = config
  const { REDIS_URL: redisUrl, REDIS_CA: redisCa } = config
  const pod = config.POD_NAME ?? hostname()
  if (!new RegExp(podNamePattern).test(pod))
    throw new ConfigError(['POD_NAME is missing, and the host name can’t be the last part of a path'])
  const bootId = randomUUID()
  // First, and so closed last: the spans of what is still under way then go out, too.
  const traces = await openTraces(config, { log, life, pod })
  const announcer: Deps['announcer'] = { announce: () => {} }
  const redis = life.own(openPublisher({ redisUrl, redisCa, log, name: 'chat' }), (it) => it.disconnect())
  // Each forgets what it has told.
  const lag = life.own(openLagMeter(), (it) => it.close())
  const sheddingLag = life.own(openLagMeter(), (it) => it.close())
  const nowMs = () => performance.now()
  const hmacKey = Buffer.from(config.POD_HMAC_KEY, 'base64url')
  const busOptions = { redisUrl, redisCa, log, clock: systemClock, random: Math.random, origin: bootId, hmacKey }
  const bus = life.own(createBus({ ...busOptions, ...(redisPrefix !== undefined && { prefix: redisPrefix }) }), (it) =>
    it.close(),
  )
  const metrics = createChatMetrics()
  const announce: Announce = (delivery) => announcer.announce(delivery)
  const store = life.own(
    await createStore({
      databaseUrl,
      databaseCa,
      announce,
      log,
      keepDays: config.RETENTION_DAYS,
      onAppend: metrics.appending,
      traces,
      now: Date.now,
    }),
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
  const keys = createKeys(redisPrefix)
  const ledger = life.own(new RateLedger({ redis, keys, clock: systemClock }), (it) => it.close())
  const limits = podLimits(config)
  const seal = createPodSeal(hmacKey)
  const pods = openPods({
    ...{ redis, keys, seal, log, clock: systemClock, random: Math.random },
    onIgnored: metrics.recordIgnored,
  })
  const identity = {
    ...{ redis, keys, seal, pod, bootId, revision: config.POD_REVISION, capacity, log },
    ...{ clock: systemClock, random: Math.random },
  }
  const clock = await openClockWatch({ pool, redis, log, life, toleranceMs: config.CLOCK_TOLERANCE_SECONDS * 1_000 })
  return {
    log,
    life,
    pod,
    bootId,
    clock,
    capacity,
    limits,
    rates: openRates(ledger, limits),
    trustProxy: config.TRUST_PROXY,
    verifier: createTokenVerifier({ issuer: config.AUTH_ISSUER, keys: { jwksUrl: config.AUTH_JWKS_URL } }),
    bus,
    store,
    registry: createRegistry(pool),
    metrics,
    traces,
    announcer,
    report: (ownLoad, drain) => {
      const load = () => ({ ...ownLoad(), lagMs: lag.takeP99Ms() })
      const onDrainAsked = () => {
        log.info({ pod }, 'draining, as an operator asked')
        drain().catch((err: unknown) => log.warn({ err }, 'drain failed'))
      }
      return createPodRecord({ ...identity, load, onDrainAsked })
    },
    drainMs: config.DRAIN_SECONDS * 1_000,
    candidates: async () => {
      const others = (await pods.read()).filter((other) => other.pod !== pod)
      return others.map((other) => candidateOf(other.pod))
    },
    pods: async () => (await pods.list()).pods.map(viewOf),
    reserve: (places) => reservePlaces(redis, keys, places),
    takeLagMs: () => sheddingLag.takeP99Ms(),
    nowMs,
    random: Math.random,
  }
}

const viewOf = ({ connections, pending, ageMs, lagMs, ...pod }: ReportedPod): PodView => ({
  ...candidateOf(pod.pod),
  ...pod,
  used: connections + pending,
  isFresh: ageMs <= staleMs,
  isCalm: lagMs <= maxLagMs,
})
