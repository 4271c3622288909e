import type { IConfigMap, ISecret } from 'kubernetes-models/v1'
import type { Manifest } from '../manifest.ts'
import { allSecrets } from '../mounted-secrets.ts'
import { containersOf, ofKind, type Workload, workloadsOf } from '../workloads.ts'

/** Manifests contain no secret, and each key of a Secret or ConfigMap that a pod reads exists. */
export function secretsStayOutside(manifests: readonly Manifest[]): string[] {
  const secrets = allSecrets().map(
    ({ metadata, stringData }) => [metadata.name, Object.keys(Object(stringData))] as const,
  )
  const maps = ofKind<IConfigMap>(manifests, 'ConfigMap').map(
    ({ metadata, data = {} }) => [metadata.name, Object.keys(data)] as const,
  )
  const known = { secret: new Map(secrets), map: new Map(maps) }
  return [
    ...ofKind<ISecret>(manifests, 'Secret').map(({ metadata }) => `Secret ${metadata.name} is in the manifests`),
    ...workloadsOf(manifests).flatMap((workload) =>
      referencesOf(workload)
        .filter(({ kind, name, keys }) => !keys.every((key) => known[kind].get(name ?? '')?.includes(key)))
        .map(({ kind, name, keys }) => `${workload.name}: no ${kind} ${name} with ${keys.join(', ')}`),
    ),
    ...workloadsOf(manifests).flatMap((workload) =>
      referencesOf(workload)
        .filter(({ kind, name }) => !known[kind].has(name ?? ''))
        .map(({ kind, name }) => `${workload.name}: no ${kind} ${name}`),
    ),
  ]
}

type Reference = {
  readonly kind: 'secret' | 'map'
  readonly name: string | undefined
  readonly keys: readonly string[]
}
type Item = { readonly key: string }

const reference = (kind: Reference['kind'], name: string | undefined, items: readonly Item[] = []): Reference[] =>
  name === undefined ? [] : [{ kind, name, keys: items.map(({ key }) => key) }]

function referencesOf(workload: Workload): Reference[] {
  const containers = containersOf(workload)
  return [
    ...(workload.pod.volumes ?? []).flatMap(({ secret, configMap, projected }) => [
      ...reference('secret', secret?.secretName, secret?.items),
      ...reference('map', configMap?.name, configMap?.items),
      ...(projected?.sources ?? []).flatMap((source) => [
        ...reference('secret', source.secret?.name, source.secret?.items),
        ...reference('map', source.configMap?.name, source.configMap?.items),
      ]),
    ]),
    ...containers.flatMap(({ envFrom = [] }) =>
      envFrom.flatMap(({ secretRef, configMapRef }) => [
        ...reference('secret', secretRef?.name),
        ...reference('map', configMapRef?.name),
      ]),
    ),
    ...containers.flatMap(({ env = [] }) =>
      env.flatMap(({ valueFrom: { secretKeyRef, configMapKeyRef } = {} }) => [
        ...(secretKeyRef ? reference('secret', secretKeyRef.name, [secretKeyRef]) : []),
        ...(configMapKeyRef ? reference('map', configMapKeyRef.name, [configMapKeyRef]) : []),
      ]),
    ),
  ]
}
