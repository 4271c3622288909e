import type { IContainer, IProbe } from 'kubernetes-models/v1'
import type { Manifest } from '../manifest.ts'
import { servicesOf } from '../workloads.ts'

/**
 * A service has startup, readiness and liveness probes. The liveness probe never asks what the
 * readiness probe asks.
 */
export function probesAreSplit(manifests: readonly Manifest[]): string[] {
  return servicesOf(manifests).flatMap(({ name, pod }) =>
    pod.containers.flatMap((container) => inContainer(`${name}/${container.name}`, container)),
  )
}

function inContainer(name: string, { ports = [], ...container }: IContainer): string[] {
  const { startupProbe, readinessProbe, livenessProbe } = container
  const probes = { startupProbe, readinessProbe, livenessProbe }
  const missing = Object.entries(probes).filter(([, probe]) => probe === undefined)
  const portNames = ports.map((port) => port.name)
  const lost = Object.values(probes).filter((probe) => {
    const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port
    return typeof port === 'string' && !portNames.includes(port)
  })
  const hasAdminPort = portNames.includes('admin')
  const isPublic = Object.values(probes).some((probe) => probe?.httpGet !== undefined && probe.httpGet.port !== 'admin')
  return [
    ...missing.map(([kind]) => `${name}: no ${kind}`),
    ...lost.map(() => `${name}: a probe asks a port that it does not have`),
    ...(hasAdminPort && isPublic ? [`${name}: a probe uses a port that clients reach`] : []),
    ...(question(livenessProbe) === question(readinessProbe) ? [`${name}: liveness and readiness ask the same`] : []),
  ]
}

const question = (probe: IProbe | undefined) => JSON.stringify([probe?.httpGet, probe?.tcpSocket, probe?.exec])
