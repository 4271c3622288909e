import { createHash } from 'node:crypto'
import { type RedisAclOptions, type RedisUser, redisAcl, redisUsers } from './redis-acl.ts'

/** The rights of users that run Redis for FastChat: health probes, replicas, and cluster setup. */
const serverRights = {
  probe: ['+ping'],
  replica: ['+psync', '+replconf', '+ping'],
  setup: ['+ping', '+info', '+cluster'],
} as const
export const redisServerUsers = ['probe', 'replica', 'setup'] as const
type RedisServerUser = (typeof redisServerUsers)[number]

export type RedisPasswords = Readonly<Record<RedisUser, string> & Partial<Record<RedisServerUser, string>>>

/**
 * Returns the `aclfile` of a Redis that only FastChat uses. It lists the users that have a password
 * here. The default user, which needs no name, is off. Passwords are stored as SHA-256, so they
 * must be random.
 */
export function redisAclFile(passwords: RedisPasswords, options: RedisAclOptions): string {
  const server = redisServerUsers.filter((user) => passwords[user] !== undefined)
  const lines = [
    'user default off',
    ...redisUsers.map((user) => line(user, passwords[user], redisAcl(user, options))),
    ...server.map((user) =>
      line(user, passwords[user] ?? '', ['resetkeys', 'resetchannels', '-@all', ...serverRights[user]]),
    ),
  ]
  return `${lines.join('\n')}\n`
}

/** Returns `url` with a user and password, unless it has a user. Passwords are base64url. */
export function redisUrlOf(url: string, user: RedisUser, password: string): string {
  return url.includes('@') ? url : url.replace('://', `://${user}:${password}@`)
}

const line = (user: string, password: string, rights: readonly string[]): string =>
  `user ${user} on #${createHash('sha256').update(password).digest('hex')} ${rights.join(' ')}`
