/** Who has a user of their own at Redis: the services, and the operator's command. */
export const redisUsers = ['auth', 'balancer', 'chat', 'admin'] as const
export type RedisUser = (typeof redisUsers)[number]

/** On any connection; ioredis asks INFO whether Redis is still loading, and at Sentinels' masters for their role. */
const connecting = ['info', 'client|setname']
/** ioredis asks any node for the slots, and makes itself known to replicas with READONLY. */
const clustered = ['cluster|slots', 'cluster|info', 'asking', 'readonly', 'readwrite']

type Needs = {
  readonly keys: readonly string[]
  readonly channels: readonly string[]
  readonly commands: readonly string[]
  /** Only in a cluster, or only without one. */
  readonly inCluster?: readonly string[]
  readonly alone?: readonly string[]
}

/** Scripts run with the rights of who sends them, so their commands are here, too. */
const needsOf: Readonly<Record<RedisUser, Needs>> = {
  auth: {
    keys: ['rate:*', 'tries:*'],
    channels: [],
    commands: 'multi exec set incrby pttl del eval time hget hset hdel hincrby pexpire exists'.split(' '),
  },
  balancer: {
    keys: ['{pods}:*'],
    channels: [],
    commands: 'eval evalsha time hget hmget del zrange zrem zremrangebyscore zcard zadd pexpire'.split(' '),
  },
  chat: {
    keys: ['{pods}:*', '{rate}:*'],
    channels: ['{b*}:*'],
    commands:
      'eval evalsha time get set hget hset hmget del zrange zrem zremrangebyscore zcard zcount zadd pexpire ping'.split(
        ' ',
      ),
    inCluster: ['ssubscribe', 'sunsubscribe', 'spublish', 'cluster|nodes'],
    alone: ['subscribe', 'unsubscribe', 'publish'],
  },
  admin: {
    keys: ['{pods}:*'],
    channels: [],
    commands: 'eval evalsha time zrange hget hmget hset zcount'.split(' '),
  },
}

export type RedisAclOptions = {
  readonly isCluster: boolean
  /** As given to `createKeys`, and to auth as REDIS_PREFIX. */
  readonly prefix?: string
}

/**
 * The least that each may do for all of FastChat to work, as ACL SETUSER and `user` lines in redis.conf take it (Redis 7,
 * "ACL"): its own keys and channels and the commands that it sends, nothing else. Name, state and password are not in it.
 */
export function redisAcl(user: RedisUser, { isCluster, prefix = 'fc' }: RedisAclOptions): readonly string[] {
  const { keys, channels, commands, inCluster = [], alone = [] } = needsOf[user]
  const all = [...connecting, ...commands, ...(isCluster ? [...clustered, ...inCluster] : alone)]
  return [
    'resetkeys',
    ...keys.map((name) => `~${prefix}:${name}`),
    'resetchannels',
    ...channels.map((name) => `&${prefix}:${name}`),
    '-@all',
    ...all.map((command) => `+${command}`),
  ]
}
