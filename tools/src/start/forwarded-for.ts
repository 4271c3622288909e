import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'

type Request = {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: IncomingHttpHeaders
}

/** What to tell a service of where a request came from, as X-Forwarded-For. */
export type ForwardedFor = (request: Request) => string

/**
 * Believes what the proxies at these addresses or ranges say, and adds the proxy itself, which the service has to know, too. From anybody
 * else the header is what a client made up: it is replaced by the address that the connection has.
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
