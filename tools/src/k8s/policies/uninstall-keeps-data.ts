import type { IStatefulSet } from 'kubernetes-models/apps/v1'
import type { Manifest } from '../manifest.ts'
import { ofKind } from '../workloads.ts'

/** Kinds whose deletion deletes Secrets or data. */
const kinds = ['Namespace', 'PersistentVolume', 'PersistentVolumeClaim']

/**
 * `kubectl delete -k` of an overlay keeps the Secrets and the database's volume: overlays contain
 * neither the namespace nor volumes.
 */
export function uninstallKeepsData(manifests: readonly Manifest[]): string[] {
  return [
    ...manifests
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}: would be deleted with the overlay`),
    ...ofKind<IStatefulSet>(manifests, 'StatefulSet')
      .filter(({ spec }) => spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete')
      .map(({ metadata }) => `${metadata.name}: its volumes would be deleted with it`),
  ]
}
