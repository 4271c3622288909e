import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { fits } from '../labels.ts'
import type { Manifest } from '../manifest.ts'
import { leastReplicas, ofKind, type Scaler, scalersOf, servicesOf } from '../workloads.ts'

/**
 * Draining a node evicts some pods of a service, never all, and is never blocked. A workload with
 * an autoscaler has no fixed number of replicas.
 */
export function disruptionsAreBounded(manifests: readonly Manifest[]): string[] {
  const services = servicesOf(manifests)
  const budgets = ofKind<IPodDisruptionBudget>(manifests, 'PodDisruptionBudget')
  return [
    ...services.flatMap((service) => {
      const own = budgets.filter(({ spec }) => fits(spec?.selector ?? {}, service.podLabels))
      const least = leastReplicas(service, manifests)
      if (own.length > 1) return [`${service.name}: ${own.length} disruption budgets, so it can't be evicted`]
      const isOnlyHere = own.length === 0 && budgets.length === 0 // on one machine, pods can't move
      if (own.length === 0) return least > 1 && !isOnlyHere ? [`${service.name}: no disruption budget`] : []
      const most = own[0]?.spec?.maxUnavailable
      const isBounded = typeof most === 'number' && most >= 1 && most < least
      return isBounded ? [] : [`${service.name}: of ${least} pods ${most} may be evicted at once`]
    }),
    ...budgets.flatMap(({ metadata, spec }) =>
      services.some(({ podLabels }) => fits(spec?.selector ?? {}, podLabels))
        ? []
        : [`budget ${metadata.name}: selects no pod`],
    ),
    ...scalers(manifests),
  ]
}

function scalers(manifests: readonly Manifest[]): string[] {
  const services = servicesOf(manifests)
  const all = scalersOf(manifests)
  const targetOf = ({ kind, target }: Scaler) =>
    services.find((service) => service.kind === kind && service.name === target)
  return [
    ...all.flatMap((scaler) => {
      const target = targetOf(scaler)
      if (target === undefined) return [`scaler ${scaler.name}: its target does not exist`]
      return target.replicas === undefined ? [] : [`${target.name}: has fixed replicas and a scaler`]
    }),
    ...services.flatMap((service) => {
      const own = all.filter((scaler) => targetOf(scaler) === service)
      if (own.length > 1) return [`${service.name}: has two scalers`]
      return own.length === 0 && service.replicas === undefined
        ? [`${service.name}: has neither replicas nor a scaler`]
        : []
    }),
  ]
}
