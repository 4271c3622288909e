import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import { fits } from '../labels.ts'
import type { Manifest } from '../manifest.ts'
import { ofKind, workloadsOf } from '../workloads.ts'

/** Each pod has a policy for both directions, and all other traffic is denied. */
export function everyPodHasAPolicy(manifests: readonly Manifest[]): string[] {
  const policies = ofKind<INetworkPolicy>(manifests, 'NetworkPolicy')
  const speaksOf = (policy: INetworkPolicy, ...directions: string[]) =>
    directions.every((direction) => policy.spec?.policyTypes?.includes(direction as 'Ingress'))
  const [denial] = policies.filter(({ metadata }) => metadata.name === 'default-deny')
  const isDenied =
    denial !== undefined &&
    JSON.stringify(denial.spec?.podSelector) === '{}' &&
    speaksOf(denial, 'Ingress', 'Egress') &&
    denial.spec?.ingress === undefined &&
    denial.spec?.egress === undefined
  return [
    ...(isDenied ? [] : ['traffic that no policy allows is not denied']),
    ...workloadsOf(manifests)
      .filter(({ podLabels }) => {
        const own = policies.filter(
          ({ spec }) => JSON.stringify(spec?.podSelector) !== '{}' && fits(spec?.podSelector ?? {}, podLabels),
        )
        return !own.some((policy) => speaksOf(policy, 'Ingress', 'Egress'))
      })
      .map(({ name }) => `${name}: no network policy selects it`),
  ]
}
