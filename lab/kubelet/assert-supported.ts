import type { PodObject } from './pod-object.ts'

/** The fields that this kubelet implements. */
const supported = {
  pod: ['containers', 'initContainers', 'volumes', 'securityContext', 'terminationGracePeriodSeconds', 'restartPolicy'],
  podSecurity: ['runAsUser', 'runAsGroup', 'runAsNonRoot', 'fsGroup', 'fsGroupChangePolicy', 'seccompProfile'],
  container: [
    ...['name', 'image', 'command', 'args', 'env', 'envFrom', 'ports', 'volumeMounts', 'resources', 'lifecycle'],
    ...['startupProbe', 'readinessProbe', 'livenessProbe', 'securityContext'],
  ],
  containerSecurity: ['allowPrivilegeEscalation', 'readOnlyRootFilesystem', 'capabilities'],
} as const

/** Fields without effect on one node without an API: scheduling, and what pods and API exchange. */
const ignored = {
  pod: [
    ...['serviceAccountName', 'automountServiceAccountToken', 'enableServiceLinks'],
    ...['tolerations', 'topologySpreadConstraints'],
  ],
  container: ['terminationMessagePolicy'],
} as const

/**
 * Checks that this kubelet implements all fields of a pod. A field that it ignored would be
 * untested.
 *
 * @throws on an unsupported field
 */
export function assertSupported({ name, spec }: PodObject): void {
  const expect = (what: object | undefined, ...known: readonly string[]) => {
    for (const field of Object.keys(what ?? {}))
      if (!known.includes(field)) throw new Error(`${name}: this kubelet does not support ${field}`)
  }
  expect(spec, ...supported.pod, ...ignored.pod)
  expect(spec.securityContext, ...supported.podSecurity)
  const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext ?? {}
  if (runAsNonRoot && runAsUser === 0) throw new Error(`${name} runs as root, though it sets runAsNonRoot`)
  // podman applies this profile by default.
  if (seccompProfile && seccompProfile.type !== 'RuntimeDefault')
    throw new Error(`${name}: this kubelet does not support a seccompProfile of type ${seccompProfile.type}`)
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    expect(container, ...supported.container, ...ignored.container)
    expect(container.securityContext, ...supported.containerSecurity)
  }
}
