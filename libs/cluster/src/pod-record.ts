import type { Clock } from '@fastchat/clock'
import type { DeviceId } from '@fastchat/schema'
import type { Commands } from './connections.ts'
import type { Keys } from './keys.ts'
import { type Log, redactError } from './log.ts'
import type { PodIdentity, PodSeal } from './pod-seal.ts'
import { removePod, reportPod } from './report-pod.ts'

const reportEveryMs = 1_000
/** Spreads the reports of many pods over time. */
const jitter = 0.2
/** A bound for the time while Redis is down. Reservations expire long before. */
const maxArrivals = 20_000

export type PodLoad = {
  readonly connections: number
  /** How late the event loop was, in ms: see `openLagMeter`. */
  readonly lagMs: number
  /** The pod moves clients to emptier pods. It gets new ones only if all pods do so. */
  readonly isShedding?: boolean
  /** The pod cannot serve now, but may later. It gets no new clients. */
  readonly isUnfit?: boolean
}

export type PodRecord = {
  /** Tells that `load` now counts `device`, so that its reservation can end. */
  arrived(device: DeviceId): void
  /** Stops new clients. Resolves when Redis has the record, or cannot be reached. */
  drain(): Promise<void>
  /** Deletes the record. */
  close(): Promise<void>
}

export type PodRecordOptions = PodIdentity & {
  /** A connection from `openPublisher`. */
  readonly redis: Commands
  readonly keys: Keys
  readonly seal: PodSeal
  /** The number of connections that the pod is made for. */
  readonly capacity: number
  /** The deployed revision: see `Pods.pick`. */
  readonly revision?: string
  readonly load: () => PodLoad
  /** Called when an operator asks the pod to drain, with each report until it drains. */
  readonly onDrainAsked?: () => void
  readonly log: Log
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Reports each second to the balancers how full this pod is, sealed with the key that pods share.
 * Reports hold absolute numbers, so the next one corrects a lost or late one, and a crash leaves
 * nothing behind. Counting up and down would drift with each crash.
 */
export function createPodRecord(options: PodRecordOptions): PodRecord {
  const { redis, keys, seal, pod, bootId, capacity, revision = '', load, log, onDrainAsked, clock, random } = options
  const startedAt = clock.monotonicMs()
  /** Redis's clock minus ours. Each answer sets it again, because a failover changes it. */
  let aheadMs: number | undefined
  let arrivals = new Set<DeviceId>()
  let isDraining = false
  let isAway = false
  let timer: NodeJS.Timeout | undefined
  let reporting = Promise.resolve()

  async function report(): Promise<void> {
    // Both in one turn, so that each connection is either pending or counted, never both.
    const { connections, lagMs, isShedding = false, isUnfit = false } = load()
    const counted = arrivals
    arrivals = new Set()
    try {
      const isLeft = isDraining || isUnfit
      const state = { capacity, revision, connections, lagMs, isDraining: isLeft, isShedding, arrivals: counted }
      aheadMs ??= (await redisNowMs(redis)) - clock.monotonicMs()
      const now = clock.monotonicMs()
      const times = { at: Math.round(now + aheadMs), upMs: Math.round(now - startedAt) }
      const { isDrainAsked, redisMs } = await reportPod(redis, keys, seal, { pod, bootId, ...times, ...state })
      aheadMs = redisMs - clock.monotonicMs()
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

  redis.on('ready', reportNow) // after the first connect and after each reconnect
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
      await removePod(redis, keys, { pod, bootId }).catch(() => undefined) // the record expires anyway
    },
  }
}

/** Returns the time of Redis's clock, in ms since 1970. */
export async function redisNowMs(redis: Commands): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000)
}
