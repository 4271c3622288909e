import type { IContainer } from 'kubernetes-models/v1'
import type { Manifest } from '../manifest.ts'
import { containersOf, ofKind, type Workload, workloadsOf } from '../workloads.ts'

/**
 * Pods meet the restricted Pod Security standard. They have no token, write to volumes only, and
 * have a memory limit.
 */
export function podsAreRestricted(manifests: readonly Manifest[]): string[] {
  return [...workloadsOf(manifests).flatMap(inPod), ...namespaces(manifests)]
}

function inPod(workload: Workload): string[] {
  const { name, pod } = workload
  const { securityContext: security = {} } = pod
  return [
    ...unless(pod.automountServiceAccountToken === false, `${name}: mounts a token`),
    ...unless(pod.enableServiceLinks === false, `${name}: gets the addresses of all services in its environment`),
    ...unless(security.runAsNonRoot === true && (security.runAsUser ?? 0) > 0, `${name}: may run as root`),
    ...unless(security.seccompProfile?.type === 'RuntimeDefault', `${name}: has no seccomp profile`),
    ...unless(
      security.fsGroupChangePolicy === 'OnRootMismatch',
      `${name}: has the modes of its volumes changed at each start`,
    ),
    ...unless(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, `${name}: shares the host's namespaces`),
    ...unless(
      (pod.volumes ?? []).every(({ hostPath }) => hostPath === undefined),
      `${name}: mounts the host's disk`,
    ),
    ...containersOf(workload).flatMap((container) => inContainer(`${name}/${container.name}`, container)),
  ]
}

function inContainer(name: string, { securityContext: security = {}, resources, ports = [] }: IContainer): string[] {
  const { requests = {}, limits = {} } = resources ?? {}
  return [
    ...unless(security.allowPrivilegeEscalation === false, `${name}: may gain privileges`),
    ...unless(security.privileged !== true, `${name}: is privileged`),
    ...unless(security.readOnlyRootFilesystem === true, `${name}: may write to its root`),
    ...unless(security.capabilities?.drop?.includes('ALL') === true, `${name}: keeps capabilities`),
    ...unless((security.capabilities?.add ?? []).length === 0, `${name}: adds capabilities`),
    ...unless(
      requests.cpu !== undefined && requests.memory !== undefined && limits.memory !== undefined,
      `${name}: asks for no CPU, no memory, or has no limit of memory`,
    ),
    ...unless(
      ports.every(({ hostPort }) => hostPort === undefined),
      `${name}: takes a port of the host`,
    ),
  ]
}

function namespaces(manifests: readonly Manifest[]): string[] {
  return ofKind<object>(manifests, 'Namespace').flatMap(({ metadata }) =>
    unless(
      metadata.labels?.['pod-security.kubernetes.io/enforce'] === 'restricted',
      `namespace ${metadata.name}: enforces nothing`,
    ),
  )
}

const unless = (holds: boolean, problem: string) => (holds ? [] : [problem])
