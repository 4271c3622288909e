import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1'
import type { IGateway, IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1'
import { environmentOf } from '../environment.ts'
import type { Manifest } from '../manifest.ts'
import { ofKind, workloadsOf } from '../workloads.ts'

/** What pods and the balancer tell clients leads to the one public host, and there to ws-router. */
export function publicUrlsAgree(manifests: readonly Manifest[]): string[] {
  const setting = (workload: string, name: string) => {
    const [container] = workloadsOf(manifests).find((it) => it.name === workload)?.pod.containers ?? []
    return container === undefined ? '' : (environmentOf(container, manifests)[name] ?? '')
  }
  const own = setting('chat', 'CHAT_WS_URL_TEMPLATE')
  const fallback = setting('balancer', 'FALLBACK_WS_URL')
  const hosts = [...hostsOf(manifests), hostOf(own), hostOf(fallback)]
  return [
    ...(/^wss?:\/\/[^/]+\/ws\/\$\{POD_NAME\}$/.test(own) ? [] : [`ws-router does not know ${own}`]),
    ...(/^wss?:\/\/[^/]+\/ws$/.test(fallback) ? [] : [`ws-router does not know ${fallback}`]),
    ...(new Set(hosts).size === 1 ? [] : [`several public hosts: ${hosts}`]),
    ...(hasTls(manifests) && !own.startsWith('wss:') ? ['WebSockets without TLS'] : []),
  ]
}

function hostOf(url: string): string {
  return url.split('/')[2] ?? ''
}

function hasTls(manifests: readonly Manifest[]): boolean {
  return hostsOf(manifests).length > 0
}

function hostsOf(manifests: readonly Manifest[]): string[] {
  return [
    ...ofKind<IIngress>(manifests, 'Ingress').flatMap(({ spec }) => [
      ...(spec?.rules ?? []).map(({ host = '' }) => host),
      ...(spec?.tls ?? []).flatMap(({ hosts = [] }) => hosts),
    ]),
    ...ofKind<IGateway>(manifests, 'Gateway').flatMap(({ spec }) =>
      spec.listeners.map(({ hostname = '' }) => hostname),
    ),
    ...ofKind<IHTTPRoute>(manifests, 'HTTPRoute').flatMap(({ spec }) => spec.hostnames ?? []),
    ...ofKind<ICertificate>(manifests, 'Certificate').flatMap(({ spec }) => spec?.dnsNames ?? []),
  ]
}
