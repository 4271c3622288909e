import { isIP } from 'node:net'
import { isPublicAddress } from './is-public-address.ts'
import type { PushSettings } from './push-settings.ts'

/**
 * Returns the URL of an endpoint to which this server may send, or undefined. A device names its
 * endpoint, so anybody with an account could name any host. Only hosts that the operator allows
 * count. The addresses of a host are checked when the connection is made.
 */
export function pushTarget(
  endpoint: string,
  { hosts, privateHosts }: Pick<PushSettings, 'hosts' | 'privateHosts'>,
): URL | undefined {
  const url = URL.parse(endpoint)
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined
  const host = url.hostname
  if (privateHosts.some((name) => isOf(host, name))) return url
  const address = host.replace(/^\[(.*)\]$/, '$1')
  // No lookup follows for an address, so it is checked here.
  if (isIP(address) !== 0 && !isPublicAddress(address)) return undefined
  if (url.port !== '') return undefined
  return hosts.some((name) => isOf(host, name)) ? url : undefined
}

const isOf = (host: string, name: string): boolean =>
  name === '*' || host === name || (name.startsWith('*.') && host.endsWith(name.slice(1)))
