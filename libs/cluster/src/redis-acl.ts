/** The programs that have their own user in Redis: the services and the operator's command. */
export const redisUsers = ['auth', 'balancer', 'chat', 'admin'] as const
export type RedisUser = (typeof redisUsers)[number]

/** Used on every connection. ioredis asks INFO while Redis loads, and for the role of a master. */
const connecting = ['info', 'client|setname']
/** Used in a cluster. ioredis asks any node for slots, and sends READONLY to replicas. */
const clustered = ['cluster|slots', 'cluster|info', 'asking', 'readonly', 'readwrite']

type Needs = {
  readonly keys: readonly string[]
  readonly channels: readonly string[]
  readonly commands: readonly string[]
  /** Commands that are used only in a cluster, or only without one. */
  readonly inCluster?: readonly string[]
  readonly alone?: readonly string[]
}

/** A script runs with the rights of its caller, so the commands inside scripts are listed, too. */
const needsOf: Readonly<Record<RedisUser, Needs>> = {
  auth: {
    keys: ['rate:*', 'tries:*'],
    channels: ['{b*}:u:*'],
    commands: 'multi exec set incrby pttl del eval time hget hset hdel hincrby pexpire exists'.split(' '),
    inCluster: ['spublish'],
    alone: ['publish'],
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
  /** The prefix of `createKeys`; auth has it as REDIS_PREFIX. */
  readonly prefix?: string
}

/**
 * Returns the least rights that a user needs: its keys, its channels and the commands that it
 * sends. They are in the form of ACL SETUSER and of `user` lines in redis.conf (Redis 7, "ACL"),
 * without name, state and password.
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
