import type { IgnoredReason } from '@fastchat/cluster'
import { createMetrics, type Metrics } from '@fastchat/service'
import { Counter, Gauge } from 'prom-client'

/**
 * The result of a placement: by Redis's live records, by their last snapshot, no pod to offer, or
 * rejected by the rate limit.
 */
export type AssignResult = 'live' | 'snapshot' | 'none' | 'throttled'

export type BalancerMetrics = {
  readonly registry: Metrics
  readonly assigned: (result: AssignResult) => void
  readonly recordIgnored: (reason: IgnoredReason) => void
}

type Measured = {
  readonly knownPods: () => number
  readonly clockAheadMs: () => number
}

export function createBalancerMetrics({ knownPods, clockAheadMs }: Measured): BalancerMetrics {
  const registry = createMetrics('balancer')
  const registers = [registry]
  const assigns = new Counter({
    name: 'balancer_assign_total',
    help: 'Devices that asked for a pod, by result',
    labelNames: ['result'],
    registers,
  })
  const ignored = new Counter({
    name: 'balancer_pod_records_ignored_total',
    help: 'Pod records in Redis that were ignored, by reason',
    labelNames: ['reason'],
    registers,
  })
  new Gauge({
    name: 'balancer_candidates',
    help: 'Pods that may be offered now',
    registers,
    collect() {
      this.set(knownPods())
    },
  })
  new Gauge({
    name: 'balancer_clock_ahead_seconds',
    help: 'By how much at least the clock is ahead of those of Redis and auth',
    registers,
    collect() {
      this.set(clockAheadMs() / 1_000)
    },
  })
  return {
    registry,
    assigned: (result) => assigns.inc({ result }),
    recordIgnored: (reason) => ignored.inc({ reason }),
  }
}
