import {
  parseRedisUrl,
  type RedisPasswords,
  redisAclFile,
  redisServerUsers,
  redisUrlOf,
  redisUsers,
} from '@fastchat/cluster'
import { parseDatabaseUrl } from '@fastchat/db'
import { newKey, newSigningKeys } from '../start/secrets.ts'
import type { Manifest } from './manifest.ts'

export type SecretOptions = {
  readonly namespace?: string
  /** PostgreSQL, perhaps through pgbouncer; that of components/postgres-dev unless given. */
  readonly databaseUrl?: string
  /** The same with the role of auth; `databaseUrl` unless given. */
  readonly authDatabaseUrl?: string
  /** The same with the role of chat; `databaseUrl` unless given. */
  readonly chatDatabaseUrl?: string
  /** PostgreSQL itself with the role of the operator's command; `directUrl` unless given. */
  readonly adminDatabaseUrl?: string
  /** PostgreSQL itself with the role that owns the tables, for migrations; `databaseUrl` unless given. */
  readonly directUrl?: string
  /** Certificates (PEM) for components/database-ca. */
  readonly databaseCa?: string
  /** That of components/redis-dev unless given. Who is named in it is who all use; else each has the user of `users.acl`. */
  readonly redisUrl?: string
  /** The Redis is that of components/redis-cluster. */
  readonly hasRedisCluster?: boolean
}

/**
 * The Secrets that the manifests refer to, with fresh keys. Make them once for an installation: who replaces them logs everybody
 * out, and the password of a database that exists does not change by it.
 *
 * @throws TypeError that quotes nothing of a URL that no service could read
 */
export function makeSecrets(options: SecretOptions = {}): Manifest[] {
  for (const url of [
    options.databaseUrl,
    options.authDatabaseUrl,
    options.chatDatabaseUrl,
    options.adminDatabaseUrl,
    options.directUrl,
  ])
    if (url !== undefined) parseDatabaseUrl(url)
  if (options.redisUrl !== undefined) parseRedisUrl(options.redisUrl)
  const postgresPassword = newKey()
  const databaseUrl = options.databaseUrl ?? `postgresql://fastchat:${postgresPassword}@postgres:5432/fastchat`
  const secret = (name: string, stringData: Record<string, string>): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: options.namespace ?? 'fastchat',
      labels: { 'app.kubernetes.io/part-of': 'fastchat' },
    },
    type: 'Opaque',
    stringData,
  })
  return [
    secret('fastchat-postgres', {
      'auth-url': options.authDatabaseUrl ?? databaseUrl,
      'chat-url': options.chatDatabaseUrl ?? databaseUrl,
      'admin-url': options.adminDatabaseUrl ?? options.directUrl ?? databaseUrl,
      'direct-url': options.directUrl ?? databaseUrl,
      password: postgresPassword,
      ...(options.databaseCa !== undefined && { 'ca.pem': options.databaseCa }),
    }),
    secret('fastchat-redis', redisAccess(options.redisUrl ?? (options.hasRedisCluster ? clusterUrl : redisUrl))),
    secret('fastchat-auth', {
      'signing-keys.json': newSigningKeys(),
      'refresh-key': newKey(),
      'kdf-pepper': newKey(),
    }),
    secret('fastchat-pods', { 'hmac-key': newKey() }),
  ]
}

const redisUrl = 'redis://redis:6379'
/** Any node tells of the others; three, so that one may be away. */
const clusterUrl = `redis+cluster://${[0, 1, 2].map((index) => `redis-${index}.redis-nodes:6379`).join(',')}`

/** The users of a Redis with a password each, where each of ours finds it, and the passwords of those who run it. */
function redisAccess(url: string): Record<string, string> {
  const made = [...redisUsers, ...redisServerUsers].map((user) => [user, newKey()])
  const passwords = Object.fromEntries(made) as Required<RedisPasswords> // it has them all
  return {
    'users.acl': redisAclFile(passwords, { isCluster: url.includes('+cluster') }),
    ...Object.fromEntries(redisUsers.map((user) => [`${user}-url`, redisUrlOf(url, user, passwords[user])])),
    ...Object.fromEntries(redisServerUsers.map((user) => [`${user}-password`, passwords[user]])),
  }
}
