import type { DeviceId } from '@fastchat/schema'
import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import { type Log, redactError } from './log.ts'
import type { PodIdentity, PodSeal } from './pod-seal.ts'
import { removePod, reportPod } from './report-pod.ts'

const reportEveryMs = 1_000
/** So that many pods do not report in step. */
const jitter = 0.2
/** While Redis is away; reservations end by themselves long before so many have come. */
const maxArrivals = 20_000

export type PodLoad = {
  readonly connections: number
  /** How late the event loop was, 99th percentile since the last report: see `openLagMeter`. */
  readonly lagMs: number
  /** The pod sends clients to emptier ones: nobody is sent to it while there are others. */
  readonly isShedding?: boolean
  /** The pod can't serve now, though it may later: nobody is sent to it. */
  readonly isUnfit?: boolean
}

export type PodRecord = {
  /** `device` is now among the connections that `load` counts, so its reservation is no longer needed. */
  arrived(device: DeviceId): void
  /** Nobody is sent here any more. Resolves when Redis knows, or can't be told. */
  drain(): Promise<void>
  /** Removes the record. */
  close(): Promise<void>
}

export type PodRecordOptions = PodIdentity & {
  /** See `openPublisher`. */
  readonly redis: Commands
  readonly keys: Keys
  readonly seal: PodSeal
  /** Connections that the pod is meant to hold. */
  readonly capacity: number
  /** Of what is deployed; see `Pods.pick`. */
  readonly revision?: string
  readonly load: () => PodLoad
  /** An operator wants the pod to drain; may be called again until it does. */
  readonly onDrainAsked?: () => void
  readonly log: Log
  readonly random?: () => number
  /** Milliseconds, never going back. */
  readonly nowMs?: () => number
}

/**
 * Tells the balancer each second how full this pod is, sealed with the key that the pods share. What it writes is absolute, so a lost or
 * late report heals with the next one and a crash leaves nothing behind. Counting up and down would drift with each crash.
 */
export function createPodRecord(options: PodRecordOptions): PodRecord {
  const {
    redis,
    keys,
    seal,
    pod,
    bootId,
    capacity,
    revision = '',
    load,
    log,
    onDrainAsked,
    random = Math.random,
    nowMs = () => performance.now(),
  } = options
  const startedAt = nowMs()
  /** How far Redis's clock is ahead of ours; learned anew with each answer, since a failover changes it. */
  let aheadMs: number | undefined
  let arrivals = new Set<DeviceId>()
  let isDraining = false
  let isAway = false
  let timer: NodeJS.Timeout | undefined
  let reporting = Promise.resolve()

  async function report(): Promise<void> {
    // Taken in the same turn as the count, so that each connection is either pending or counted, never both.
    const { connections, lagMs, isShedding = false, isUnfit = false } = load()
    const counted = arrivals
    arrivals = new Set()
    try {
      const isLeft = isDraining || isUnfit
      const state = { capacity, revision, connections, lagMs, isDraining: isLeft, isShedding, arrivals: counted }
      aheadMs ??= (await redisNowMs(redis)) - nowMs()
      const times = { at: Math.round(nowMs() + aheadMs), upMs: Math.round(nowMs() - startedAt) }
      const { isDrainAsked, redisMs } = await reportPod(redis, keys, seal, { pod, bootId, ...times, ...state })
      aheadMs = redisMs - nowMs()
      isAway = false
      if (isDrainAsked && !isDraining) onDrainAsked?.()
    } catch (error) {
      if (counted.size + arrivals.size <= maxArrivals) arrivals = new Set([...counted, ...arrivals])
      if (!isAway) log.warn({ pod, reason: redactError(error) }, 'pod record not written')
      isAway = true
    }
  }

  function reportNow(): Promise<void> {
    reporting = reporting.then(report)
    return reporting
  }

  async function reportAndSchedule(): Promise<void> {
    await reportNow()
    if (timer !== undefined) schedule()
  }

  function schedule(): void {
    const delayMs = reportEveryMs * (1 + jitter * (2 * random() - 1))
    timer = setTimeout(() => void reportAndSchedule(), delayMs)
  }

  redis.on('ready', reportNow) // at once after the first connect, and after Redis was away
  if (redis.status === 'ready') void reportNow()
  schedule()

  return {
    arrived: (device) => void arrivals.add(device),
    async drain() {
      isDraining = true
      await reportNow()
    },
    async close() {
      clearTimeout(timer)
      timer = undefined
      redis.off('ready', reportNow)
      await reporting
      await removePod(redis, keys, { pod, bootId }).catch(() => undefined) // it expires by itself
    },
  }
}

/** Redis's clock, in ms since 1970. */
export async function redisNowMs(redis: Commands): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
}
