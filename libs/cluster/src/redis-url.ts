const defaultPort = 6_379
const defaultSentinelPort = 26_379
const maxPort = 65_535
const form =
  /^(rediss?)(\+cluster|\+sentinel)?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]+)(?:\/([^/?#]*))?(?:\?([^#]*))?$/
const address = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/
const masterName = /^[A-Za-z0-9._-]+$/
const sentinelVariables = ['sentinelUser', 'sentinelPassword', 'db']

/** The pattern of the schemes, for the configuration's schema. `parseRedisUrl` checks the rest. */
export const redisUrlPattern = '^rediss?(\\+(cluster|sentinel))?://'

/** The forms of the URL, as a text for the configuration's descriptions. */
export const redisUrlForms =
  'redis[s]://[user:password@]host[:port] or, for a cluster, redis[s]+cluster://…@host:port,host:port or, behind Sentinels, redis[s]+sentinel://…@sentinel:port,sentinel:port/master-name'

export const redisCaPattern = '^-----BEGIN CERTIFICATE-----'

export const redisCaForm = 'Certificates (PEM) that alone are trusted to sign that of Redis; the usual ones by default'

export type RedisAddress = { readonly host: string; readonly port: number }

export type RedisUrl = {
  readonly isCluster: boolean
  /** One address, some nodes of a cluster (they know the others), or the Sentinels. */
  readonly addresses: readonly RedisAddress[]
  readonly hasTls: boolean
  /** The user at Redis. */
  readonly username?: string
  readonly password?: string
  readonly db?: number
  /** If present, `addresses` are Sentinels that know the master of this name. */
  readonly sentinel?: {
    readonly master: string
    /** The user at the Sentinels. */
    readonly username?: string
    readonly password?: string
  }
}

/** Tells people how to repair most wrong URLs. */
const encoding =
  'in user and password everything but letters, digits and - . _ ~ must be percent-encoded (@ is %40, / is %2F, : is %3A, # is %23, ? is %3F, % is %25)'

/**
 * Reads REDIS_URL in one of its forms, each with `rediss` for TLS (also to the Sentinels):
 *
 * - `redis://user:password@host:port/db`: one Redis.
 * - `redis+cluster://user:password@host:port,host:port`: a Redis Cluster. Any of its nodes will do.
 * - `redis+sentinel://user:password@host:port,host:port/master-name`: the master that the Sentinels
 *   at these addresses name, with `?sentinelUser=…&sentinelPassword=…&db=…` where needed.
 *
 * Special characters in a user or password are percent-encoded. Throws a TypeError that quotes
 * nothing of the URL, because it may hold a password.
 */
export function parseRedisUrl(url: string): RedisUrl {
  const [, scheme, kind, username, password, hosts, path = '', query] = form.exec(url) ?? []
  if (hosts === undefined) throw new TypeError(`REDIS_URL is not ${redisUrlForms}; ${encoding}`)
  const access = {
    hasTls: scheme === 'rediss',
    ...(username && { username: decode(username) }),
    ...(password && { password: decode(password) }),
  }
  if (kind === '+sentinel') return { ...access, ...parseSentinels(hosts, path, query) }
  if (query !== undefined || !/^\d*$/.test(path)) throw new TypeError(`REDIS_URL is not ${redisUrlForms}; ${encoding}`)
  const isCluster = kind === '+cluster'
  const addresses = hosts.split(',').map((text) => parseAddress(text, defaultPort))
  if (!isCluster && addresses.length > 1)
    throw new TypeError('REDIS_URL names several hosts: redis+cluster:// or redis+sentinel:// is for those')
  if (isCluster && Number(path) !== 0) throw new TypeError('REDIS_URL: a Redis Cluster has only database 0')
  return { isCluster, addresses, ...access, ...(path && { db: Number(path) }) }
}

function parseSentinels(hosts: string, master: string, query = ''): Omit<RedisUrl, 'hasTls'> {
  if (!masterName.test(master)) throw new TypeError('REDIS_URL has no master name after the Sentinels')
  const variables = new URLSearchParams(query)
  for (const name of variables.keys())
    if (!sentinelVariables.includes(name)) throw new TypeError(`REDIS_URL takes only ${sentinelVariables.join(', ')}`)
  const [username, password, db] = sentinelVariables.map((name) => variables.get(name))
  if (db && !/^\d+$/.test(db)) throw new TypeError('REDIS_URL: db is not a number')
  return {
    isCluster: false,
    addresses: hosts.split(',').map((text) => parseAddress(text, defaultSentinelPort)),
    ...(db && { db: Number(db) }),
    sentinel: { master, ...(username && { username }), ...(password && { password }) },
  }
}

function parseAddress(text: string, usualPort: number): RedisAddress {
  const [, host, port = String(usualPort)] = address.exec(text) ?? []
  if (host === undefined) throw new TypeError(`REDIS_URL has something that is not host:port; ${encoding}`)
  if (Number(port) === 0 || Number(port) > maxPort) throw new TypeError('REDIS_URL has a port out of range')
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError(`REDIS_URL: the user or password is not percent-encoded: ${encoding}`)
  }
}
