import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1'
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2'
import type { IJob } from 'kubernetes-models/batch/v1'
import type { IContainer, IPodSpec } from 'kubernetes-models/v1'
import type { Labels, Manifest } from './manifest.ts'

export type Workload = {
  readonly kind: 'Deployment' | 'StatefulSet' | 'Job'
  readonly name: string
  readonly podLabels: Labels
  readonly pod: IPodSpec
  /** The replicas of the manifest; undefined where an autoscaler decides. */
  readonly replicas: number | undefined
}

type Kinds = {
  Deployment: IDeployment
  StatefulSet: IStatefulSet
  Job: IJob
  HorizontalPodAutoscaler: IHorizontalPodAutoscaler
}

/** Returns all objects of a kind, with the type of that kind. */
export function ofKind<K extends keyof Kinds>(manifests: readonly Manifest[], kind: K): (Kinds[K] & Manifest)[]
export function ofKind<T>(manifests: readonly Manifest[], kind: string): (T & Manifest)[]
export function ofKind(manifests: readonly Manifest[], kind: string): Manifest[] {
  return manifests.filter((manifest) => manifest.kind === kind) // their schemas have been checked
}

/** Returns all objects that make pods. */
export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return [
    ...ofKind(manifests, 'Deployment').map((it) => workload('Deployment', it, it.spec?.template, it.spec?.replicas)),
    ...ofKind(manifests, 'StatefulSet').map((it) => workload('StatefulSet', it, it.spec?.template, it.spec?.replicas)),
    ...ofKind(manifests, 'Job').map((it) => workload('Job', it, it.spec?.template, undefined)),
  ]
}

type Template = { readonly metadata?: { readonly labels?: Labels }; readonly spec?: IPodSpec }

function workload(
  kind: Workload['kind'],
  { metadata }: Manifest,
  template: Template | undefined,
  replicas: number | undefined,
): Workload {
  const { metadata: { labels = {} } = {}, spec = { containers: [] } } = template ?? {}
  return { kind, name: metadata.name, podLabels: labels, pod: spec, replicas }
}

/** Returns the workloads that run on; a Job ends by itself. */
export const servicesOf = (manifests: readonly Manifest[]) =>
  workloadsOf(manifests).filter(({ kind }) => kind !== 'Job')

export function containersOf({ pod }: Workload): IContainer[] {
  return [...(pod.initContainers ?? []), ...pod.containers]
}

export type Scaler = {
  readonly name: string
  readonly kind: string | undefined
  readonly target: string | undefined
  /** The least number of pods that it keeps. */
  readonly least: number | undefined
}

/** Returns the autoscalers of Kubernetes and of KEDA. */
export function scalersOf(manifests: readonly Manifest[]): Scaler[] {
  return [
    ...ofKind(manifests, 'HorizontalPodAutoscaler').map(({ metadata, spec }) => ({
      name: metadata.name,
      kind: spec?.scaleTargetRef.kind,
      target: spec?.scaleTargetRef.name,
      least: spec?.minReplicas,
    })),
    ...ofKind<IScaledObject>(manifests, 'ScaledObject').map(({ metadata, spec }) => ({
      name: metadata.name,
      kind: spec.scaleTargetRef.kind ?? 'Deployment',
      target: spec.scaleTargetRef.name,
      least: spec.minReplicaCount,
    })),
  ]
}

/** Returns the least number of pods that a workload can have. */
export function leastReplicas(workload: Workload, manifests: readonly Manifest[]): number {
  const scaler = scalersOf(manifests).find(({ kind, target }) => kind === workload.kind && target === workload.name)
  return scaler?.least ?? workload.replicas ?? 1
}
