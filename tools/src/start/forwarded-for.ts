import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'

type Request = {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

/** Returns the X-Forwarded-For header for a service. */
export type ForwardedFor = (request: Request) => string

/**
 * Returns a function that makes the X-Forwarded-For header of a request. It trusts the headers of
 * proxies at these addresses or ranges, and adds the proxy's address, which the service needs, too.
 * Headers of other clients are replaced by the address of the connection.
 */
export function forwardedFor(proxies: readonly string[]): ForwardedFor {
  const trusted = new BlockList()
  for (const proxy of proxies) {
    const [address = '', prefix] = proxy.split('/')
    trusted.addSubnet(address, prefix === undefined ? bitsOf(address) : Number(prefix), familyOf(address))
  }
  return ({ socket, headers }) => {
    const peer = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
    const said = headers['x-forwarded-for']
    return said !== undefined && peer !== '' && trusted.check(peer, familyOf(peer)) ? `${said}, ${peer}` : peer
  }
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')
const bitsOf = (address: string) => (isIPv6(address) ? 128 : 32)
