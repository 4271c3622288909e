import type { ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1'
import type { IGateway, IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1'
import type { Manifest } from '../manifest.ts'
import { ofKind } from '../workloads.ts'

/**
 * All objects with the public host name the same one. Clients get paths only, which hold at any
 * host.
 */
export function publicUrlsAgree(manifests: readonly Manifest[]): string[] {
  const hosts = hostsOf(manifests)
  return new Set(hosts).size <= 1 ? [] : [`several public hosts: ${hosts}`]
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
