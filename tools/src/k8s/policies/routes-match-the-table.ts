import { routes } from '@fastchat/schema'
import type { IHTTPRoute } from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1'
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1'
import type { IConfigMap } from 'kubernetes-models/v1'
import type { Manifest } from '../manifest.ts'
import { ofKind } from '../workloads.ts'

/** The Gateway API rejects more rules. */
const maxRulesPerRoute = 16

type Pair = readonly [prefix: string, service: string]

/** The contract's table of prefixes. WebSockets go through the router. */
const contract: readonly Pair[] = routes.map(({ prefix, service }) => [
  prefix,
  prefix === '/ws' ? 'ws-router' : service,
])
/** The page has all other paths. */
const table: readonly Pair[] = [...contract, ['/', 'web']]

/** Ingress, HTTPRoute and the local front door have exactly the routes of the contract. */
export function routesMatchTheTable(manifests: readonly Manifest[]): string[] {
  return [
    ...ofKind<IIngress>(manifests, 'Ingress').flatMap(({ metadata, spec }) =>
      difference(
        `ingress ${metadata.name}`,
        (spec?.rules ?? []).flatMap(({ http }) =>
          (http?.paths ?? []).map(
            ({ path = '', pathType, backend }): Pair => [
              pathType === 'Prefix' ? path : `${pathType} ${path}`,
              backend.service?.name ?? '',
            ],
          ),
        ),
      ),
    ),
    ...ofKind<IHTTPRoute>(manifests, 'HTTPRoute').flatMap(({ metadata, spec: { rules = [] } }) => [
      ...(rules.length > maxRulesPerRoute ? [`route ${metadata.name}: ${rules.length} rules`] : []),
      ...difference(
        `route ${metadata.name}`,
        rules.flatMap(({ matches = [], backendRefs = [] }) =>
          matches.flatMap(({ path }) =>
            backendRefs.map(
              ({ name }): Pair => [
                path?.type === 'PathPrefix' ? (path.value ?? '') : `${path?.type} ${path?.value}`,
                name,
              ],
            ),
          ),
        ),
      ),
    ]),
    ...frontDoor(manifests),
  ]
}

function difference(name: string, found: readonly Pair[]): string[] {
  const [expected, actual] = [table, found].map((pairs) => pairs.map((pair) => pair.join(' → ')).sort())
  return JSON.stringify(expected) === JSON.stringify(actual)
    ? []
    : [`${name}: differs from the table of routes: ${actual}`]
}

/**
 * Compares the front door's locations. They are regular expressions that JavaScript reads in the
 * same way.
 */
function frontDoor(manifests: readonly Manifest[]): string[] {
  const [config] = ofKind<IConfigMap>(manifests, 'ConfigMap').filter(({ metadata }) =>
    metadata.name.startsWith('front-door-config-'),
  )
  if (config === undefined) return []
  const text = config.data?.['nginx.conf'] ?? ''
  const locations = [...text.matchAll(/location ~ "(.+)" \{\s*set \$to ([\w-]+)\./g)]
  const answers = (path: string) => locations.find(([, pattern = '']) => new RegExp(pattern).test(path))?.[2]
  const wrong = contract.flatMap(([prefix, service]) =>
    [prefix, `${prefix}/more`]
      .filter((path) => answers(path) !== service)
      .concat([`${prefix}x`, `/x${prefix}`].filter(answers)),
  )
  const hasPage = /location \/ \{\s*set \$to web\.@DOMAIN@;\s*proxy_pass http:\/\/\$to:8080;\s*\}/.test(text)
  return [
    ...wrong.map((path) => `front door: ${path} → ${answers(path)}`),
    ...(hasPage ? [] : ['front door: the page has no location']),
  ]
}
