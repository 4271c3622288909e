import type { PodObject } from './pod-object.ts'

/** What this kubelet does as it is told. */
const obeyed = {
  pod: ['containers', 'initContainers', 'volumes', 'securityContext', 'terminationGracePeriodSeconds', 'restartPolicy'],
  podSecurity: ['runAsUser', 'runAsGroup', 'runAsNonRoot', 'fsGroup', 'fsGroupChangePolicy', 'seccompProfile'],
  container: [
    ...['name', 'image', 'command', 'args', 'env', 'envFrom', 'ports', 'volumeMounts', 'resources', 'lifecycle'],
    ...['startupProbe', 'readinessProbe', 'livenessProbe', 'securityContext'],
  ],
  containerSecurity: ['allowPrivilegeEscalation', 'readOnlyRootFilesystem', 'capabilities'],
} as const

/** What has no meaning where there is one node and no API: who may be scheduled where, and what the API would be told or give. */
const meaningless = {
  pod: [
    ...['serviceAccountName', 'automountServiceAccountToken', 'enableServiceLinks'],
    ...['tolerations', 'topologySpreadConstraints'],
  ],
  container: ['terminationMessagePolicy'],
} as const

/** @throws on a field that would be left out without a word: nobody would have tested it then */
export function assertObeyed({ name, spec }: PodObject): void {
  const expect = (what: object | undefined, ...known: readonly string[]) => {
    for (const field of Object.keys(what ?? {}))
      if (!known.includes(field)) throw new Error(`${name}: this kubelet does not know ${field}`)
  }
  expect(spec, ...obeyed.pod, ...meaningless.pod)
  expect(spec.securityContext, ...obeyed.podSecurity)
  const { runAsNonRoot, runAsUser, seccompProfile } = spec.securityContext ?? {}
  if (runAsNonRoot && runAsUser === 0) throw new Error(`${name} runs as root, and says that it must not`)
  // What podman does unasked.
  if (seccompProfile && seccompProfile.type !== 'RuntimeDefault')
    throw new Error(`${name}: this kubelet does not know a seccompProfile of type ${seccompProfile.type}`)
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    expect(container, ...obeyed.container, ...meaningless.container)
    expect(container.securityContext, ...obeyed.containerSecurity)
  }
}
