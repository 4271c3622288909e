import type { IStatefulSet } from 'kubernetes-models/apps/v1'
import type { Manifest } from '../manifest.ts'
import { ofKind } from '../workloads.ts'

/** What takes Secrets or data with it when it is deleted. */
const kinds = ['Namespace', 'PersistentVolume', 'PersistentVolumeClaim']

/** `kubectl delete -k` of an overlay leaves the Secrets and the database's volume: the namespace and volumes are not its own. */
export function uninstallKeepsData(manifests: readonly Manifest[]): string[] {
  return [
    ...manifests
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}: would go with the overlay`),
    ...ofKind<IStatefulSet>(manifests, 'StatefulSet')
      .filter(({ spec }) => spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete')
      .map(({ metadata }) => `${metadata.name}: its volumes go with it`),
  ]
}
