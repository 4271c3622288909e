import type { IConfigMap, IContainer } from 'kubernetes-models/v1'
import type { Manifest } from './manifest.ts'
import { ofKind } from './workloads.ts'

/** Stands for a value that only the cluster knows, such as the pod's name. */
const fromCluster = 'chat-0'

/**
 * Returns the variables of a container. As in Kubernetes, `env` overrides those of ConfigMaps.
 * Values of Secrets are not in the manifests.
 */
export function environmentOf(
  { envFrom = [], env = [] }: IContainer,
  manifests: readonly Manifest[],
): Record<string, string> {
  const maps = ofKind<IConfigMap>(manifests, 'ConfigMap')
  const fromMaps = envFrom.flatMap(({ configMapRef }) =>
    Object.entries(maps.find(({ metadata }) => metadata.name === configMapRef?.name)?.data ?? {}),
  )
  const own = env.map(({ name, value }) => [name, value ?? fromCluster] as const)
  return Object.fromEntries([...fromMaps, ...own])
}
