import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { type Log, redactError } from './log.ts'
import { parseRedisUrl, type RedisAddress, type RedisUrl } from './redis-url.ts'

/** The time after which the answer to a publish or a pick is useless. */
const commandTimeoutMs = 500
/** A command without an answer for this long shows a dead Redis. TCP keep-alive does not. */
const socketTimeoutMs = 3_000
/** Kept short: everything must recover within 5 s of Redis. */
const maxRetryDelayMs = 1_000
const retryJitterMs = 200
/** The number of tries of one command during a failover, 100 ms apart. */
const maxRedirections = 3
/** How often ioredis asks a cluster for its slots when no server has reported a move. */
const slotsRefreshMs = 5_000

/** The address of Redis and the certificates that it must prove itself with. */
export type RedisTarget = {
  /** The URL in a form of `parseRedisUrl`. */
  readonly redisUrl: string
  /** The only certificates (PEM) that may sign those of Redis and its Sentinels. */
  readonly redisCa?: string | undefined
}

export type ConnectionOptions = RedisTarget & {
  readonly log: Log
  /** The name that CLIENT LIST shows. */
  readonly name?: string
  readonly socketTimeoutMs?: number
  /** Chance for the pause between two tries to connect. */
  readonly random: () => number
}

/** One server: the only one, the master of the Sentinels, or `address` of a cluster. */
export type ServerOptions = ConnectionOptions & { readonly address?: RedisAddress }

/** Runs commands with keys. On a cluster all keys of one command or script must share a tag. */
export type Commands = Redis | Cluster

const retryDelay =
  (random: () => number) =>
  (attempt: number): number =>
    Math.min(50 * 2 ** Math.min(attempt - 1, 10), maxRetryDelayMs) + Math.floor(random() * retryJitterMs)

/**
 * The options of all connections. While Redis is down no command is queued, and none is sent again
 * later. `maxRetriesPerRequest: 0` rejects commands without an answer at once: the caller knows
 * whether they still matter.
 */
const shared = {
  protocol: 3,
  connectTimeout: 2_000,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  disableClientInfo: true,
} as const satisfies RedisOptions

/**
 * Opens a connection for commands. Each is answered or rejects within 500 ms. It reconnects until
 * `disconnect()`. Throws a TypeError if the URL is malformed, or for a CA without TLS.
 */
export function openPublisher(options: ConnectionOptions): Commands {
  const url = parseRedisUrl(options.redisUrl)
  return url.isCluster ? openCluster(url, options) : openServerPublisher(options)
}

/** Opens a connection to one server. `isPipelined` sends all commands of a turn in one write. */
export function openServerPublisher(options: ServerOptions, isPipelined = true): Redis {
  return open(options, { enableAutoPipelining: isPipelined, commandTimeout: commandTimeoutMs })
}

/**
 * Opens a connection for `createSubscriptions`, which also resubscribes. ioredis would send all
 * channels in one command, and its failure would be an unhandled rejection.
 */
export function openSubscriber(options: ServerOptions): Redis {
  return open(options, { autoResubscribe: false })
}

function open(
  options: ServerOptions,
  own: Pick<RedisOptions, 'enableAutoPipelining' | 'commandTimeout' | 'autoResubscribe'>,
): Redis {
  const url = parseRedisUrl(options.redisUrl)
  const target = url.sentinel ? sentinelsOf(url, options) : (options.address ?? url.addresses[0])
  const retryStrategy = retryDelay(options.random)
  const redis = new Redis({ ...shared, retryStrategy, ...own, ...accessOf(url, options), ...target })
  logOutages(redis, options)
  keepConnecting(redis, options)
  return redis
}

/**
 * Reconnects until the caller ends the connection. Sentinels may announce a failover just while
 * ioredis asks them for the master. Then ioredis takes it for our `disconnect` and ends forever
 * (SentinelConnector: `connecting` is false, so `connect` fails).
 */
function keepConnecting(redis: Redis, { random }: ConnectionOptions): void {
  let isEnded = false
  const { disconnect, quit } = redis
  redis.disconnect = (reconnect = false) => {
    isEnded ||= !reconnect
    disconnect.call(redis, reconnect)
  }
  redis.quit = () => {
    isEnded = true
    return quit.call(redis)
  }
  redis.on('end', () => {
    if (isEnded) return
    setTimeout(() => {
      if (!isEnded && redis.status === 'end') redis.connect().catch(() => undefined) // 'end' comes again
    }, retryDelay(random)(1))
  })
}

/** Opens a cluster client. ioredis follows moved slots and failovers. */
function openCluster(url: RedisUrl, options: ConnectionOptions): Cluster {
  const retryStrategy = retryDelay(options.random)
  const cluster = new Cluster([...url.addresses], {
    enableOfflineQueue: false,
    slotsRefreshInterval: slotsRefreshMs,
    maxRedirections,
    clusterRetryStrategy: retryStrategy,
    clusterNodeRetryStrategy: retryStrategy, // without it a restarted node is not connected to again
    redisOptions: { ...shared, ...accessOf(url, options), commandTimeout: commandTimeoutMs },
  })
  logOutages(cluster, options)
  return cluster
}

/**
 * Returns the options for Sentinels. Each connect asks them for the master. A former master may run
 * on and take subscriptions; Sentinels report the failover, and the client connects again.
 */
function sentinelsOf({ addresses, sentinel, hasTls }: RedisUrl, { redisCa, random }: ConnectionOptions) {
  return {
    sentinels: [...addresses],
    name: sentinel?.master,
    role: 'master',
    failoverDetector: true,
    sentinelCommandTimeout: commandTimeoutMs,
    sentinelRetryStrategy: retryDelay(random),
    sentinelReconnectStrategy: retryDelay(random),
    ...(sentinel?.username !== undefined && { sentinelUsername: sentinel.username }),
    ...(sentinel?.password !== undefined && { sentinelPassword: sentinel.password }),
    ...(hasTls && { enableTLSForSentinelMode: true, sentinelTLS: tlsOf(redisCa) }),
  } as const satisfies RedisOptions
}

const tlsOf = (redisCa: string | undefined) => (redisCa === undefined ? {} : { ca: redisCa })

function accessOf({ username, password, hasTls, db }: RedisUrl, options: ConnectionOptions) {
  if (options.redisCa !== undefined && !hasTls) throw new TypeError('REDIS_CA is given, but REDIS_URL is not rediss')
  return {
    socketTimeout: options.socketTimeoutMs ?? socketTimeoutMs,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(hasTls && { tls: tlsOf(options.redisCa) }),
    ...(db !== undefined && { db }),
    ...(options.name !== undefined && { connectionName: options.name }),
  }
}

function logOutages(connection: Commands, { log, name }: ConnectionOptions): void {
  let isAway = false
  connection.on('error', (error) => {
    if (!isAway) log.warn({ connection: name, reason: redactError(error) }, 'redis away')
    isAway = true
  })
  connection.on('ready', () => {
    if (isAway) log.info({ connection: name }, 'redis back')
    isAway = false
  })
}
