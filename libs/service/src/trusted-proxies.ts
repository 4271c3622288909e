import { isIPv4, isIPv6 } from 'node:net'

export const trustProxyForm =
  'Addresses or ranges (10.1.2.3, 10.1.0.0/16, fd00::/8) of the proxies whose X-Forwarded-For to believe, with commas; none by default'

/**
 * Parses the addresses of proxies that may report a client's address. Returns undefined if the text
 * has another form. A number of hops, or all addresses, is not allowed: a client that bypasses the
 * proxies could then claim any address.
 */
export function trustedProxies(text: string): string[] | undefined {
  const proxies = text.split(',').map((proxy) => proxy.trim())
  return proxies.every(isProxy) ? proxies : undefined
}

function isProxy(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const bits = isIPv4(address) ? 32 : isIPv6(address) && !address.includes('%') ? 128 : 0
  if (prefix === undefined) return bits > 0
  return rest.length === 0 && /^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits
}
