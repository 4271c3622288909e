export type ServiceName = 'auth' | 'balancer' | 'chat'

type Route = { readonly prefix: string; readonly service: ServiceName }

/**
 * The service that answers each URL prefix. The longest prefix wins. The local proxy, the ingress
 * and their tests read this table.
 */
export const routes: readonly Route[] = [
  { prefix: '/.well-known/jwks.json', service: 'auth' },
  { prefix: '/v1/signup', service: 'auth' },
  { prefix: '/v1/kdf', service: 'auth' },
  { prefix: '/v1/login', service: 'auth' },
  { prefix: '/v1/logout', service: 'auth' },
  { prefix: '/v1/token', service: 'auth' },
  { prefix: '/v1/users', service: 'auth' },
  { prefix: '/v1/devices', service: 'auth' },
  { prefix: '/v1/key-packages', service: 'auth' },
  { prefix: '/v1/account', service: 'auth' },
  { prefix: '/v1/pod', service: 'balancer' },
  { prefix: '/v1/conversations', service: 'chat' },
  { prefix: '/v1/attachments', service: 'chat' },
  { prefix: '/v1/backup', service: 'chat' },
  { prefix: '/v1/push', service: 'chat' },
  { prefix: '/ws', service: 'chat' },
]

/** Returns the service that answers `path`, or undefined. There is no default route. */
export function serviceOf(path: string, table = routes): ServiceName | undefined {
  const fits = table.filter(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))
  return fits.sort((a, b) => b.prefix.length - a.prefix.length)[0]?.service
}
