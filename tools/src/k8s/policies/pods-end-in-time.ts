import type { IConfigMap, IContainer } from 'kubernetes-models/v1'
import type { Manifest } from '../manifest.ts'
import { ofKind, servicesOf, type Workload } from '../workloads.ts'

/** The time that is left between the end of the drain and SIGKILL. */
const marginSeconds = 10
/**
 * A request to the drain endpoint returns after this time, in which the endpoints forget the pod.
 */
const drainCallSeconds = 5

/**
 * The grace period covers preStop, the drain and 10 s more. Workloads that serve clients have a
 * preStop hook.
 */
export function podsEndInTime(manifests: readonly Manifest[]): string[] {
  return servicesOf(manifests).flatMap((workload) => {
    const { name, pod } = workload
    const [container] = pod.containers
    if (container === undefined) return [`${name}: no container`]
    const settings = settingsOf(workload, manifests)
    const before = preStopSeconds(container)
    const needed = (before ?? 0) + drainSeconds(settings) + marginSeconds
    const grace = pod.terminationGracePeriodSeconds ?? 30
    const servesClients = container.ports?.some((port) => port.name === 'http') === true
    return [
      ...(grace < needed ? [`${name}: its grace period is ${grace} s, and it needs ${needed} s`] : []),
      ...(servesClients && before === undefined
        ? [`${name}: is stopped while requests still arrive (no preStop hook)`]
        : []),
    ]
  })
}

function preStopSeconds({ lifecycle }: IContainer): number | undefined {
  const { httpGet, exec } = lifecycle?.preStop ?? {}
  if (httpGet !== undefined) return drainCallSeconds
  const slept = /\bsleep (\d+)/.exec(exec?.command?.join(' ') ?? '')?.[1]
  return slept === undefined ? undefined : Number(slept)
}

/** Returns the drain time: a setting of our services, or part of nginx's configuration. */
function drainSeconds(settings: readonly string[]): number {
  const found = settings.map((text) => /^(?:DRAIN_SECONDS=|\s*worker_shutdown_timeout )(\d+)/m.exec(text)?.[1])
  return Math.max(0, ...found.map(Number).filter((seconds) => !Number.isNaN(seconds)))
}

/** Returns what a pod reads from ConfigMaps: `NAME=value` lines and the text of files. */
function settingsOf({ pod }: Workload, manifests: readonly Manifest[]): string[] {
  const maps = ofKind<IConfigMap>(manifests, 'ConfigMap')
  const read = (
    name: string | undefined,
    keep: (key: string) => boolean,
    show: (key: string, value: string) => string,
  ) =>
    Object.entries(maps.find(({ metadata }) => metadata.name === name)?.data ?? {})
      .filter(([key]) => keep(key))
      .map(([key, value]) => show(key, value))
  const sources = (pod.volumes ?? []).flatMap(({ configMap, projected }) => [
    configMap,
    ...(projected?.sources ?? []).map((source) => source.configMap),
  ])
  const variables = pod.containers.flatMap(({ envFrom = [] }) => envFrom.map(({ configMapRef }) => configMapRef?.name))
  return [
    ...variables.flatMap((name) =>
      read(
        name,
        () => true,
        (key, value) => `${key}=${value}`,
      ),
    ),
    ...sources.flatMap((source) =>
      read(
        source?.name,
        (key) => source?.items?.some((item) => item.key === key) ?? true,
        (_, value) => value,
      ),
    ),
  ]
}
