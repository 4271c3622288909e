import {
  type Commands,
  createPodRecord,
  type Keys,
  maxLagMs,
  openPods,
  type PodRecordOptions,
  type ReportedPod,
  type ReservedPlace,
  reservePlaces,
  staleMs,
} from '@fastchat/cluster'
import { type Candidate, candidateOf } from '@fastchat/schema'
import type { Logger } from '@fastchat/service'
import type { PodView } from './domain/rebalance.ts'
import type { ChatMetrics } from './metrics.ts'
import type { OpenRecord } from './pod/pod-report.ts'

/** The pods of the installation, as their records in Redis show them. */
export type Fleet = {
  /** Starts to report this pod to the balancer. See `PodReport`. */
  readonly report: OpenRecord
  /** Returns the other pods that may be offered to devices now. Rejects while Redis is away. */
  readonly candidates: () => Promise<readonly Candidate[]>
  /** Returns all pods, this one included. Rejects while Redis is away. */
  readonly pods: () => Promise<readonly PodView[]>
  /** Reserves places on other pods for devices that are sent there. Rejects while Redis is away. */
  readonly reserve: (places: readonly ReservedPlace[]) => Promise<void>
}

export type FleetDeps = Omit<PodRecordOptions, 'load' | 'onDrainAsked' | 'log'> & {
  readonly redis: Commands
  readonly keys: Keys
  readonly log: Logger
  readonly onIgnored: ChatMetrics['recordIgnored']
  /** Reads the lag since the last report. */
  readonly takeLagMs: () => number
}

export function openFleet({ takeLagMs, onIgnored, ...identity }: FleetDeps): Fleet {
  const { redis, keys, seal, log, pod, clock, random } = identity
  const pods = openPods({ redis, keys, seal, log, clock, random, onIgnored })
  return {
    report: (ownLoad, drain) => {
      const load = () => ({ ...ownLoad(), lagMs: takeLagMs() })
      const onDrainAsked = () => {
        log.info({ pod }, 'draining, since an operator asked for it')
        drain().catch((err: unknown) => log.warn({ err }, 'drain failed'))
      }
      return createPodRecord({ ...identity, load, onDrainAsked })
    },
    candidates: async () => {
      const others = (await pods.read()).filter((other) => other.pod !== pod)
      return others.map((other) => candidateOf(other.pod))
    },
    pods: async () => (await pods.list()).pods.map(viewOf),
    reserve: (places) => reservePlaces(redis, keys, places),
  }
}

const viewOf = ({ connections, pending, ageMs, lagMs, ...pod }: ReportedPod): PodView => ({
  ...candidateOf(pod.pod),
  ...pod,
  used: connections + pending,
  isFresh: ageMs <= staleMs,
  isCalm: lagMs <= maxLagMs,
})
