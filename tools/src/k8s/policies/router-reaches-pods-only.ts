import type { IConfigMap } from 'kubernetes-models/v1'
import type { Manifest } from '../manifest.ts'
import { ofKind } from '../workloads.ts'

const pods = ['/ws/chat-0', '/ws/chat-7', '/ws/chat-49', '/ws/chat-999']
const others = [
  '/ws/chat-1.evil',
  '/ws/chat-1.evil.example/',
  '/ws/chat-1/',
  '/ws/chat-1:9090',
  '/ws/chat-1000',
  '/ws/chat--1',
  '/ws/chat-',
  '/ws/chat',
  '/ws/10.0.0.1',
  '/ws/[::1]',
  '/ws/localhost',
  '/ws/redis',
  '/ws/redis-0',
  '/ws/postgres-0',
  '/ws/auth',
  '/ws/chat-0@redis',
  '/ws/redis/chat-0',
  '/ws/CHAT-0',
  '/ws/chat-0%2eevil',
  '/x/ws/chat-0',
  '/ws/chat-0\n.evil',
]

/**
 * Only `chat-N` of a path becomes part of a name, so no client can make the router call another
 * host.
 */
export function routerReachesPodsOnly(manifests: readonly Manifest[]): string[] {
  const [config] = ofKind<IConfigMap>(manifests, 'ConfigMap').filter(({ metadata }) =>
    metadata.name.startsWith('ws-router-config-'),
  )
  const text = config?.data?.['nginx.conf'] ?? ''
  const patterns = [...text.matchAll(/location ~\*? "?(.+?)"? \{/g)].map(([, pattern = '']) => pattern)
  const targets = [...text.matchAll(/proxy_pass (\S+);/g)].map(([, target = '']) => target)
  const opens = (path: string) => patterns.some((pattern) => new RegExp(pattern).test(path))
  return [
    ...(patterns.length === 1 ? [] : [`the router has ${patterns.length} patterns`]),
    ...(text.includes('set $pod $1.chat-pods.@DOMAIN@;') ? [] : ['the router leads to other hosts than the chat pods']),
    ...pods.filter((path) => !opens(path)).map((path) => `the router does not know ${path}`),
    ...others.filter(opens).map((path) => `the router takes ${JSON.stringify(path)}`),
    ...targets
      .filter((target) => !/^http:\/\/\$(any:8080\/ws|pod:8080\/ws\/\$1)\$is_args\$args$/.test(target))
      .map((target) => `the router calls ${target}`),
    ...(/^\s*(access_log (?!off)|proxy_intercept_errors)/m.test(text) ? ['the router logs URLs'] : []),
  ]
}
