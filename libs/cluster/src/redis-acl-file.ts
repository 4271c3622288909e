import { createHash } from 'node:crypto'
import { type RedisAclOptions, type RedisUser, redisAcl, redisUsers } from './redis-acl.ts'

/** Not FastChat's services, but those who run Redis for them: who asks whether it answers, its replicas, who makes a cluster. */
const serverRights = {
  probe: ['+ping'],
  replica: ['+psync', '+replconf', '+ping'],
  setup: ['+ping', '+info', '+cluster'],
} as const
export const redisServerUsers = ['probe', 'replica', 'setup'] as const
type RedisServerUser = (typeof redisServerUsers)[number]

export type RedisPasswords = Readonly<Record<RedisUser, string> & Partial<Record<RedisServerUser, string>>>

/**
 * The users of a Redis that is FastChat's alone, as its `aclfile`: those who have a password here and nobody else, so the default user,
 * who needs no name, is off. Passwords are in it as SHA-256, so they have to be random.
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

/** `url` with the user and password of one of them, unless it names somebody already. Passwords are base64url. */
export function redisUrlOf(url: string, user: RedisUser, password: string): string {
  return url.includes('@') ? url : url.replace('://', `://${user}:${password}@`)
}

const line = (user: string, password: string, rights: readonly string[]): string =>
  `user ${user} on #${createHash('sha256').update(password).digest('hex')} ${rights.join(' ')}`
