import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'
import type { IServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import type { IIngress, INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1'
import type { IService } from 'kubernetes-models/v1'
import { fits } from '../labels.ts'
import type { Manifest } from '../manifest.ts'
import { ofKind, type Workload, workloadsOf } from '../workloads.ts'

/** All named or selected objects exist: pods, ports, services, accounts. */
export function referencesResolve(manifests: readonly Manifest[]): string[] {
  return [
    ...services(manifests),
    ...policies(manifests),
    ...routes(manifests),
    ...monitors(manifests),
    ...workloadsOf(manifests).flatMap((workload) => inWorkload(workload, manifests)),
  ]
}

function services(manifests: readonly Manifest[]): string[] {
  return ofKind<IService>(manifests, 'Service').flatMap(({ metadata, spec }) => {
    const pods = workloadsOf(manifests).filter((it) => fits({ matchLabels: spec?.selector ?? {} }, it.podLabels))
    if (spec?.selector === undefined || pods.length !== 1)
      return [`service ${metadata.name}: selects ${pods.length} workloads`]
    return (spec.ports ?? [])
      .filter(({ targetPort }) => !pods.some((pod) => hasPort(pod, targetPort)))
      .map(({ targetPort }) => `service ${metadata.name}: its pods have no port ${targetPort}`)
  })
}

function policies(manifests: readonly Manifest[]): string[] {
  return ofKind<INetworkPolicy>(manifests, 'NetworkPolicy').flatMap(({ metadata, spec }) => {
    const pods = workloadsOf(manifests).filter((it) => fits(spec?.podSelector ?? {}, it.podLabels))
    const ports = (spec?.ingress ?? []).flatMap((rule) => rule.ports ?? [])
    return [
      ...(pods.length === 0 ? [`policy ${metadata.name}: selects no pod`] : []),
      ...ports
        .filter(({ port }) => pods.some((pod) => !hasPort(pod, port)))
        .map(({ port }) => `policy ${metadata.name}: not all of its pods have a port ${port}`),
    ]
  })
}

function routes(manifests: readonly Manifest[]): string[] {
  const known = new Set(
    ofKind<IService>(manifests, 'Service').flatMap(({ metadata, spec }) =>
      (spec?.ports ?? []).flatMap(({ name, port }) => [`${metadata.name}:${name}`, `${metadata.name}:${port}`]),
    ),
  )
  const paths = ofKind<IIngress>(manifests, 'Ingress').flatMap(({ spec }) =>
    (spec?.rules ?? []).flatMap(({ http }) => http?.paths ?? []),
  )
  const fromIngress = paths.map(
    ({ backend: { service } }) => `${service?.name}:${service?.port?.name ?? service?.port?.number}`,
  )
  const fromRoutes = ofKind<IHTTPRoute>(manifests, 'HTTPRoute').flatMap(({ spec }) =>
    (spec.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs.map(({ name, port }) => `${name}:${port}`)),
  )
  return [...fromIngress, ...fromRoutes]
    .filter((it) => !known.has(it))
    .map((it) => `a route leads to ${it}: no such port`)
}

function monitors(manifests: readonly Manifest[]): string[] {
  return ofKind<IServiceMonitor>(manifests, 'ServiceMonitor').flatMap(({ metadata, spec }) => {
    const selected = ofKind<IService>(manifests, 'Service').filter((it) =>
      fits(spec.selector ?? {}, it.metadata.labels ?? {}),
    )
    const lacking = selected.filter(({ spec: service }) =>
      spec.endpoints.some(({ port }) => !service?.ports?.some(({ name }) => name === port)),
    )
    return [
      ...(selected.length === 0 ? [`monitor ${metadata.name}: selects no service`] : []),
      ...lacking.map((it) => `monitor ${metadata.name}: service ${it.metadata.name} has no such port`),
    ]
  })
}

function inWorkload(workload: Workload, manifests: readonly Manifest[]): string[] {
  const { kind, name, pod, podLabels } = workload
  const accounts = ofKind<object>(manifests, 'ServiceAccount').map(({ metadata }) => metadata.name)
  const [self] = manifests.filter((it) => it.kind === kind && it.metadata.name === name)
  // Deployments and StatefulSets have a selector. The cluster makes that of a Job.
  const { selector, serviceName } = Object(self?.spec) as { selector?: object; serviceName?: string }
  const spreads = pod.topologySpreadConstraints ?? []
  const headless = ofKind<IService>(manifests, 'Service').filter(({ spec }) => spec?.clusterIP === 'None')
  const isNamed = (service: IService & Manifest) => service.metadata.name === serviceName
  return [
    ...(accounts.includes(pod.serviceAccountName ?? '') ? [] : [`${name}: no account ${pod.serviceAccountName}`]),
    ...(selector === undefined || fits(selector, podLabels) ? [] : [`${name}: its selector does not select its pods`]),
    ...(spreads.every(({ labelSelector }) => labelSelector !== undefined && fits(labelSelector, podLabels))
      ? []
      : [`${name}: its spread constraint does not select its pods`]),
    ...(kind !== 'StatefulSet' || name === 'redis' || headless.some(isNamed)
      ? []
      : [`${name}: no headless service ${serviceName}`]),
    ...unmounted(workload),
  ]
}

function unmounted({ name, pod, kind }: Workload): string[] {
  const volumes = (pod.volumes ?? []).map((volume) => volume.name)
  const mounts = [...(pod.initContainers ?? []), ...pod.containers].flatMap(({ volumeMounts = [] }) => volumeMounts)
  const claimed = kind === 'StatefulSet' ? ['data'] : []
  return mounts
    .filter((mount) => ![...volumes, ...claimed].includes(mount.name))
    .map((mount) => `${name}: mounts ${mount.name}, which it does not have`)
}

function hasPort({ pod }: Workload, port: string | number | undefined): boolean {
  return pod.containers.some(({ ports = [] }) => ports.some((it) => it.name === port || it.containerPort === port))
}
