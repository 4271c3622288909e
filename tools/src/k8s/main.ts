import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { makeSecrets } from './make-secrets.ts'

const help = `npm run -s k8s:secrets -- [options] | kubectl create -f -

Prints the Secrets of a new installation, with fresh keys.

  --namespace=fastchat
  --database-url=postgresql://…   database of auth and chat (default: that of components/postgres-dev)
  --auth-database-url=…           the same for auth alone, with its role
  --chat-database-url=…           the same for chat alone, with its role
  --admin-database-url=…          database of fastchat-admin, not through pgbouncer (default: --direct-url)
  --direct-url=postgresql://…     for migrations, as the owner of the tables, not through pgbouncer
  --database-ca=FILE              authorities (PEM) to trust for PostgreSQL's certificate, and no others; for components/database-ca
  --redis-url=redis://…           Redis of all services (default: that of components/redis-dev). A user and password in it are
                                  used by all services. Without them each service has a user: give your Redis the users in
                                  users.acl of the Secret fastchat-redis
  --redis-cluster                 use the Redis Cluster of components/redis-cluster`

const { values } = parseArgs({
  options: {
    help: { type: 'boolean' },
    namespace: { type: 'string' },
    'database-url': { type: 'string' },
    'auth-database-url': { type: 'string' },
    'chat-database-url': { type: 'string' },
    'admin-database-url': { type: 'string' },
    'direct-url': { type: 'string' },
    'database-ca': { type: 'string' },
    'redis-url': { type: 'string' },
    'redis-cluster': { type: 'boolean' },
  },
})
if (values.help) console.log(help)
else
  try {
    print()
  } catch (error) {
    // The URL can't be read. Nothing is printed to stdout that kubectl would apply.
    if (!(error instanceof TypeError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }

function print(): void {
  const manifests = makeSecrets({
    ...(values.namespace && { namespace: values.namespace }),
    ...(values['database-url'] && { databaseUrl: values['database-url'] }),
    ...(values['auth-database-url'] && { authDatabaseUrl: values['auth-database-url'] }),
    ...(values['chat-database-url'] && { chatDatabaseUrl: values['chat-database-url'] }),
    ...(values['admin-database-url'] && { adminDatabaseUrl: values['admin-database-url'] }),
    ...(values['direct-url'] && { directUrl: values['direct-url'] }),
    ...(values['database-ca'] && { databaseCa: readFileSync(values['database-ca'], 'utf8') }),
    ...(values['redis-url'] && { redisUrl: values['redis-url'] }),
    ...(values['redis-cluster'] && { hasRedisCluster: true }),
  })
  console.log(manifests.map((manifest) => stringify(manifest)).join('---\n'))
}
