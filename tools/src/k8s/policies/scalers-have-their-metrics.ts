import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import type { Manifest } from '../manifest.ts'
import { ofKind } from '../workloads.ts'

/**
 * The annotation of an autoscaler whose metrics another program serves. It names the program that
 * the operator must install.
 */
const needs = 'fastchat/needs'

/**
 * Every metric of an HPA is one that each cluster measures. An HPA without one of its metrics never
 * scales down. So another metric needs a component that the operator has chosen, and that names the
 * program which serves it.
 */
export function scalersHaveTheirMetrics(manifests: readonly Manifest[]): string[] {
  return ofKind<IHorizontalPodAutoscaler>(manifests, 'HorizontalPodAutoscaler').flatMap(({ metadata, spec }) => {
    if (metadata.annotations?.[needs] !== undefined) return []
    const foreign = (spec?.metrics ?? []).filter(({ type }) => type !== 'Resource')
    return foreign.map(
      ({ type }) =>
        `scaler ${metadata.name}: would never scale down in a cluster where nothing serves its ${type} metric`,
    )
  })
}
