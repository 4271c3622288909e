import type { Metrics } from '@fastchat/service'
import { Counter, Gauge } from 'prom-client'

/** Placed by Redis's live records; by the last snapshot of them; no pod to offer; turned away for now. */
export type AssignResult = 'live' | 'snapshot' | 'none' | 'throttled'

export type BalancerMetrics = { readonly assigned: (result: AssignResult) => void }

export function createBalancerMetrics(registry: Metrics, knownPods: () => number): BalancerMetrics {
  const assigns = new Counter({
    name: 'balancer_assign_total',
    help: 'Devices that asked for a pod, by what they got',
    labelNames: ['result'],
    registers: [registry],
  })
  new Gauge({
    name: 'balancer_candidates',
    help: 'Pods that may be offered now',
    registers: [registry],
    collect() {
      this.set(knownPods())
    },
  })
  return { assigned: (result) => assigns.inc({ result }) }
}
