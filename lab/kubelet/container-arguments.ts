import type { IContainer } from 'kubernetes-models/v1'
import { label } from './label.ts'
import type { PodObject } from './pod-object.ts'
import { bytesOf } from './quantity.ts'
import type { Mount } from './volumes.ts'

export type ContainerContext = {
  readonly network: string
  readonly ip: string
  readonly nameServer: string
  readonly searches: readonly string[]
  readonly variables: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly logFile: string
}

/**
 * Returns the arguments of `podman run` for a container of a pod. @throws when the pod has no user
 * and group
 */
export function containerArguments(
  { name: pod, spec }: PodObject,
  container: IContainer,
  { network, ip, nameServer, searches, variables, mounts, logFile }: ContainerContext,
): string[] {
  const [program, ...words] = [...(container.command ?? []), ...(container.command ? (container.args ?? []) : [])]
  const { securityContext = {} } = container
  const { runAsUser, runAsGroup } = { ...spec.securityContext, ...securityContext }
  if (runAsUser === undefined || runAsGroup === undefined) throw new Error(`${pod}: no user and group to run as`)
  const { add = [], drop = [] } = securityContext.capabilities ?? {}
  const { memory } = container.resources?.limits ?? {}
  return [
    ...['run', '--detach', '--pull', 'never', '--name', containerName(pod, container.name), '--label', label],
    ...['--hostname', pod, '--network', network, '--ip', ip, '--dns', nameServer, '--dns-option', 'ndots:5'],
    ...searches.flatMap((domain) => ['--dns-search', domain]),
    // A kubelet with containerd does not add the user to /etc/passwd.
    '--passwd=false',
    ...['--user', `${runAsUser}:${runAsGroup}`, ...groups(spec.securityContext?.fsGroup)],
    ...drop.flatMap((one) => ['--cap-drop', one]),
    ...add.flatMap((one) => ['--cap-add', one]),
    ...(securityContext.allowPrivilegeEscalation === false ? ['--security-opt', 'no-new-privileges'] : []),
    ...(securityContext.readOnlyRootFilesystem ? ['--read-only', '--read-only-tmpfs=false'] : []),
    // The container has no swap, as on a node.
    ...(memory === undefined ? [] : ['--memory', String(bytesOf(memory)), '--memory-swap', String(bytesOf(memory))]),
    ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...mounts.flatMap(({ folder, path, isReadOnly }) => ['--volume', `${folder}:${path}:${isReadOnly ? 'ro' : 'rw'}`]),
    ...['--log-driver', 'k8s-file', '--log-opt', `path=${logFile}`, '--log-opt', 'max-size=64mb'],
    ...(program === undefined ? [] : ['--entrypoint', program]),
    imageName(container.image ?? ''),
    ...(program === undefined ? (container.args ?? []) : words),
  ]
}

export const containerName = (pod: string, container: string) => `fastchat-${pod}-${container}`

/** Returns the full name that a runtime gives an image without a registry. */
const imageName = (image: string) => (image.split('/').length > 2 ? image : `docker.io/${image}`)

const groups = (fsGroup: number | undefined) => (fsGroup === undefined ? [] : ['--group-add', String(fsGroup)])
