import type { IConfigMap, IContainer } from 'kubernetes-models/v1'
import type { Manifest } from './manifest.ts'
import { ofKind } from './workloads.ts'

/** What stands for a value that only the cluster knows, such as the pod's name. */
const fromCluster = 'chat-0'

/** The variables of a container, those of ConfigMaps first, as Kubernetes has it; a Secret's are not in the manifests. */
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
