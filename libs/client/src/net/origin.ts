import { anyPodPath } from '@fastchat/schema'

/** A server names two pods at most; what a lying one adds is not even looked at. */
const maxCandidates = 4
/** A name of the DNS is no longer; people are shown it. */
const maxHostLetters = 253

/**
 * The server at a base URL, spelled in one way: lower-case host, no default port, no slash at the end, nothing after the path.
 * @throws {TypeError} when it is no http or https URL
 */
export function serverOf(baseUrl: string): string {
  const { protocol, origin, pathname } = new URL(baseUrl)
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('a server has an http or https URL')
  return origin + pathname.replace(/\/+$/, '')
}

/** Whether two base URLs lead to one server. */
export const isSameServer = (one: string, other: string): boolean => serverOf(one) === serverOf(other)

/** Whether what is sent to a server can be read and changed on the way: plain http to anything but this very machine. */
export function isUnencrypted(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl)
  return protocol === 'http:' && !/^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** Where a server says that its pods are, as far as that is at the server's own origin. */
export type OwnCandidates = {
  /** WebSocket URLs, in the order given. */
  readonly urls: readonly string[]
  /** Hosts, or what stands for one, that the others lead to. */
  readonly foreign: readonly string[]
}

/**
 * Parts what may be used of a server's candidates from what may not. A path stands for one at the server, like those of REST calls; a
 * whole URL has to have the server's host and port, and TLS exactly if the server has it. Whoever can make the server, or what lies
 * between, name another host must not get our tokens by it.
 */
export function ownCandidates(baseUrl: string, candidates: readonly string[]): OwnCandidates {
  const urls: string[] = []
  const foreign: string[] = []
  for (const candidate of candidates.slice(0, maxCandidates)) {
    const own = ownUrl(baseUrl, candidate)
    if (own !== undefined) urls.push(own)
    else foreign.push(hostOf(candidate))
  }
  return { urls, foreign }
}

const hostOf = (candidate: string): string =>
  ((URL.canParse(candidate) && new URL(candidate).host) || 'no host').slice(0, maxHostLetters)

/** The WebSocket that leads to any pod of a server. */
export const anyPodUrl = (baseUrl: string): string => socketRoot(baseUrl) + anyPodPath

const socketRoot = (baseUrl: string): string => serverOf(baseUrl).replace(/^http/, 'ws')

function ownUrl(baseUrl: string, candidate: string): string | undefined {
  const root = socketRoot(baseUrl)
  // Behind the root a path can't change the host, whatever is in it.
  const text = candidate.startsWith('/') ? root + candidate : candidate
  if (!URL.canParse(text)) return undefined
  const { protocol, host, username, password, pathname, search } = new URL(text)
  const own = new URL(root)
  if (protocol !== own.protocol || host !== own.host || username !== '' || password !== '') return undefined
  return `${protocol}//${host}${pathname}${search}`
}
