import { anyPodPath } from '@fastchat/schema'

/** A server names two pods at most. Further candidates of a lying server are ignored. */
const maxCandidates = 4
/** A DNS name is not longer than this. Foreign hosts are shown to people. */
const maxHostLetters = 253

/**
 * Returns the server of a base URL in one spelling: lower-case host, no default port, no slash at
 * the end, nothing after the path.
 *
 * @throws {TypeError} when it is no http or https URL
 */
export function serverOf(baseUrl: string): string {
  const { protocol, origin, pathname } = new URL(baseUrl)
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('a server has an http or https URL')
  return origin + pathname.replace(/\/+$/, '')
}

/** Returns whether two base URLs name one server. */
export const isSameServer = (one: string, other: string): boolean => serverOf(one) === serverOf(other)

/**
 * Returns whether traffic to a server can be read and changed on the way: plain http to another
 * machine.
 */
export function isUnencrypted(baseUrl: string): boolean {
  const { protocol, hostname } = new URL(baseUrl)
  return protocol === 'http:' && !/^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** The candidates of a server, split by origin. */
export type OwnCandidates = {
  /** WebSocket URLs at the server's own origin, in the given order. */
  readonly urls: readonly string[]
  /** The hosts of the other candidates, or a placeholder. */
  readonly foreign: readonly string[]
}

/**
 * Splits a server's candidates into usable and foreign ones. A path is relative to the server, as
 * for REST calls. A whole URL needs the server's host and port, and TLS exactly if the server has
 * it. So an attacker who makes the server name another host does not get this device's tokens.
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

/** Returns the WebSocket URL that leads to any pod of a server. */
export const anyPodUrl = (baseUrl: string): string => socketRoot(baseUrl) + anyPodPath

const socketRoot = (baseUrl: string): string => serverOf(baseUrl).replace(/^http/, 'ws')

function ownUrl(baseUrl: string, candidate: string): string | undefined {
  const root = socketRoot(baseUrl)
  // A path behind the root can't change the host, whatever it contains.
  const text = candidate.startsWith('/') ? root + candidate : candidate
  if (!URL.canParse(text)) return undefined
  const { protocol, host, username, password, pathname, search } = new URL(text)
  const own = new URL(root)
  if (protocol !== own.protocol || host !== own.host || username !== '' || password !== '') return undefined
  return `${protocol}//${host}${pathname}${search}`
}
