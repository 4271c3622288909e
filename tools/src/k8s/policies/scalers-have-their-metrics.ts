import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import type { Manifest } from '../manifest.ts'
import { ofKind } from '../workloads.ts'

/** On an autoscaler whose metrics another program serves: what the operator has to install first. */
const needs = 'fastchat/needs'

/**
 * Every metric of an HPA is one that any cluster measures. An HPA that misses one of its metrics never scales down, so another metric needs
 * a component that the operator has chosen, which says what serves it.
 */
export function scalersHaveTheirMetrics(manifests: readonly Manifest[]): string[] {
  return ofKind<IHorizontalPodAutoscaler>(manifests, 'HorizontalPodAutoscaler').flatMap(({ metadata, spec }) => {
    if (metadata.annotations?.[needs] !== undefined) return []
    const foreign = (spec?.metrics ?? []).filter(({ type }) => type !== 'Resource')
    return foreign.map(
      ({ type }) => `scaler ${metadata.name}: never scales down where nothing serves its ${type} metric`,
    )
  })
}
