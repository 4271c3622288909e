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
  /** The URL of PostgreSQL, perhaps through pgbouncer. Default: that of components/postgres-dev. */
  readonly databaseUrl?: string
  /** The same with the role of auth. Default: `databaseUrl`. */
  readonly authDatabaseUrl?: string
  /** The same with the role of chat. Default: `databaseUrl`. */
  readonly chatDatabaseUrl?: string
  /** The URL of PostgreSQL itself with the role of the operator's command. Default: `directUrl`. */
  readonly adminDatabaseUrl?: string
  /**
   * The URL of PostgreSQL itself with the role that owns the tables, for migrations. Default:
   * `databaseUrl`.
   */
  readonly directUrl?: string
  /** Certificates (PEM) for components/database-ca. */
  readonly databaseCa?: string
  /**
   * The URL of Redis. Default: that of components/redis-dev. If it names a user, all services use
   * that one; otherwise each has a user of `users.acl`.
   */
  readonly redisUrl?: string
  /** True if the Redis is that of components/redis-cluster. */
  readonly hasRedisCluster?: boolean
}

/**
 * Returns the Secrets that the manifests refer to, with new keys. Make them once for an
 * installation: replacing them logs all users out, and does not change the password of an existing
 * database.
 *
 * @throws TypeError for a URL that no service could read, without quoting it
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
/** Any node names the others; three are given, so that one may be down. */
const clusterUrl = `redis+cluster://${[0, 1, 2].map((index) => `redis-${index}.redis-nodes:6379`).join(',')}`

/**
 * Returns the users of a Redis with a password each, as each service and server program reads them.
 */
function redisAccess(url: string): Record<string, string> {
  const made = [...redisUsers, ...redisServerUsers].map((user) => [user, newKey()])
  const passwords = Object.fromEntries(made) as Required<RedisPasswords> // one for each user
  return {
    'users.acl': redisAclFile(passwords, { isCluster: url.includes('+cluster') }),
    ...Object.fromEntries(redisUsers.map((user) => [`${user}-url`, redisUrlOf(url, user, passwords[user])])),
    ...Object.fromEntries(redisServerUsers.map((user) => [`${user}-password`, passwords[user]])),
  }
}
