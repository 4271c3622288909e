import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { type Log, redactError } from './log.ts'
import { parseRedisUrl, type RedisAddress, type RedisUrl } from './redis-url.ts'

/** A publish or a pick that takes longer is worth nothing any more. */
const commandTimeoutMs = 500
/** A Redis that leaves a command unanswered for this long is stopped or cut off; the kernel's keep-alive can't tell. */
const socketTimeoutMs = 3_000
/** Between two tries to reconnect: short, since all heal together within 5 s of Redis's return. */
const maxRetryDelayMs = 1_000
const retryJitterMs = 200
/** Tries of one command while a failover is under way, 100 ms apart. */
const maxRedirections = 3
/** How often the client library asks a cluster where slots are, without being told that one has moved. */
const slotsRefreshMs = 5_000

/** Where Redis is, and whom to believe that it is Redis. */
export type RedisTarget = {
  /** See `parseRedisUrl`. */
  readonly redisUrl: string
  /** Certificates (PEM) of those who alone may sign for Redis, and for its Sentinels. */
  readonly redisCa?: string | undefined
}

export type ConnectionOptions = RedisTarget & {
  readonly log: Log
  /** Shown by CLIENT LIST. */
  readonly name?: string
  readonly socketTimeoutMs?: number
}

/** One server: the only one, the master that the Sentinels name, or (with `address`) one of a cluster. */
export type ServerOptions = ConnectionOptions & { readonly address?: RedisAddress }

/** Where commands with keys go. On a cluster all keys of one command or script must share a tag. */
export type Commands = Redis | Cluster

const retryDelay = (attempt: number) =>
  Math.min(50 * 2 ** Math.min(attempt - 1, 10), maxRetryDelayMs) + Math.floor(Math.random() * retryJitterMs)

/**
 * What all connections share. Nothing is queued while Redis is away and nothing is sent again after it: whoever sent it is
 * told at once (`maxRetriesPerRequest: 0` rejects what was on its way) and knows better whether it still matters.
 */
const shared = {
  protocol: 3,
  connectTimeout: 2_000,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  disableClientInfo: true,
  retryStrategy: retryDelay,
} as const satisfies RedisOptions

/**
 * For commands, wherever their keys live: each is answered, or rejects, within 500 ms. Reconnects for ever; `disconnect()`
 * ends it. Throws a TypeError if the URL is none, or if there is a CA and no TLS.
 */
export function openPublisher(options: ConnectionOptions): Commands {
  const url = parseRedisUrl(options.redisUrl)
  return url.isCluster ? openCluster(url, options) : openServerPublisher(options)
}

/** The same for one server. `isPipelined`: what is sent within a turn of the event loop goes out in one write. */
export function openServerPublisher(options: ServerOptions, isPipelined = true): Redis {
  return open(options, { enableAutoPipelining: isPipelined, commandTimeout: commandTimeoutMs })
}

/**
 * A connection for `createSubscriptions`, which also does the resubscribing: ioredis would send all channels in one
 * command, and lose its failure as an unhandled rejection.
 */
export function openSubscriber(options: ServerOptions): Redis {
  return open(options, { autoResubscribe: false })
}

function open(
  options: ServerOptions,
  own: Pick<RedisOptions, 'enableAutoPipelining' | 'commandTimeout' | 'autoResubscribe'>,
): Redis {
  const url = parseRedisUrl(options.redisUrl)
  const place = url.sentinel ? sentinelsOf(url, options) : (options.address ?? url.addresses[0])
  const redis = new Redis({ ...shared, ...own, ...accessOf(url, options), ...place })
  logOutages(redis, options)
  keepConnecting(redis)
  return redis
}

/**
 * Until somebody here ends it. When Sentinels announce a failover in the moment in which ioredis asks them for the master, it takes the
 * announcement for our wish to disconnect, and has ended for good (SentinelConnector: `connecting` is false, so `connect` fails).
 */
function keepConnecting(redis: Redis): void {
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
      if (!isEnded && redis.status === 'end') redis.connect().catch(() => undefined) // and then it ends again
    }, retryDelay(1))
  })
}

/** Moved slots, redirects and failovers are ioredis's business here: no command is so urgent that the next can't do. */
function openCluster(url: RedisUrl, options: ConnectionOptions): Cluster {
  const cluster = new Cluster([...url.addresses], {
    enableOfflineQueue: false,
    slotsRefreshInterval: slotsRefreshMs,
    maxRedirections,
    clusterRetryStrategy: retryDelay,
    clusterNodeRetryStrategy: retryDelay, // else a node that was restarted is not connected to again
    redisOptions: { ...shared, ...accessOf(url, options), commandTimeout: commandTimeoutMs },
  })
  logOutages(cluster, options)
  return cluster
}

/**
 * The master is asked for at each connect. Whoever still has a connection to a former one, which may run on and take
 * subscriptions, is told of the failover by the Sentinels and connects again.
 */
function sentinelsOf({ addresses, sentinel, hasTls }: RedisUrl, { redisCa }: ConnectionOptions) {
  return {
    sentinels: [...addresses],
    name: sentinel?.master,
    role: 'master',
    failoverDetector: true,
    sentinelCommandTimeout: commandTimeoutMs,
    sentinelRetryStrategy: retryDelay,
    sentinelReconnectStrategy: retryDelay,
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
