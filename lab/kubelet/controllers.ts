import { createHash } from 'node:crypto'
import type { Labels, Manifest } from '@fastchat/tools/manifest'
import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1'
import type { IJob } from 'kubernetes-models/batch/v1'
import type { PodObject } from './pod-object.ts'

const revisionLength = 10

/** Returns the pods of a Deployment. */
export function podsOfDeployment({ metadata, spec }: IDeployment & Manifest): PodObject[] {
  const revision = revisionOf(spec?.template, 0)
  return Array.from({ length: spec?.replicas ?? 1 }, (_, n) => ({
    name: `${metadata.name}-${revision}-${n}`,
    namespace: metadata.namespace ?? '',
    labels: { ...labelsOf(spec?.template), 'pod-template-hash': revision },
    spec: specOf(metadata.name, spec?.template),
    claims: [],
  }))
}

/**
 * Returns the pods of a StatefulSet. A higher generation gives the same template another revision,
 * as `rollout restart` does.
 */
export function podsOfStatefulSet({ metadata, spec }: IStatefulSet & Manifest, generation: number): PodObject[] {
  const revision = `${metadata.name}-${revisionOf(spec?.template, generation)}`
  return Array.from({ length: spec?.replicas ?? 1 }, (_, ordinal) => ({
    name: `${metadata.name}-${ordinal}`,
    namespace: metadata.namespace ?? '',
    labels: { ...labelsOf(spec?.template), 'controller-revision-hash': revision },
    spec: specOf(metadata.name, spec?.template),
    serviceName: spec?.serviceName ?? metadata.name,
    claims: (spec?.volumeClaimTemplates ?? []).flatMap(({ metadata: claim }) => claim?.name ?? []),
  }))
}

/** Returns the pod of a Job's nth attempt. */
export function podOfJob({ metadata, spec }: IJob & Manifest, attempt: number): PodObject {
  return {
    name: `${metadata.name}-${attempt}`,
    namespace: metadata.namespace ?? '',
    labels: labelsOf(spec?.template),
    spec: specOf(metadata.name, spec?.template),
    claims: [],
  }
}

type Template = NonNullable<IDeployment['spec']>['template'] | undefined

const labelsOf = (template: Template): Labels => template?.metadata?.labels ?? {}

function specOf(name: string, template: Template) {
  if (template?.spec === undefined) throw new Error(`${name} has no pod`)
  return template.spec
}

function revisionOf(template: Template, generation: number): string {
  return createHash('sha256')
    .update(JSON.stringify([template, generation]))
    .digest('hex')
    .slice(0, revisionLength)
}

/**
 * Says whether a controller replaces the pods of a workload, that is, whether their template has
 * changed.
 */
export function replacesPods(former: Manifest | undefined, next: Manifest): boolean {
  const templateOf = (workload: Manifest | undefined) =>
    (workload?.spec as { template?: unknown } | undefined)?.template
  return JSON.stringify(templateOf(former)) !== JSON.stringify(templateOf(next))
}
