import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { makeSecrets } from './make-secrets.ts'

const help = `npm run -s k8s:secrets -- [options] | kubectl create -f -

Prints the Secrets of a new installation, with fresh keys.

  --namespace=fastchat
  --database-url=postgresql://…   what auth and chat use; the database of components/postgres-dev unless given
  --auth-database-url=…           what auth uses instead, with a role of its own
  --chat-database-url=…           what chat uses instead
  --admin-database-url=…          what fastchat-admin uses, not through pgbouncer; that of --direct-url unless given
  --direct-url=postgresql://…     for migrations: the owner of the tables, and not through pgbouncer
  --database-ca=FILE              certificates (PEM) that alone are trusted to sign that of PostgreSQL; components/database-ca
  --redis-url=redis://…           the Redis of components/redis-dev unless given. With user and password, that is what all use;
                                  without, each has its own: give your Redis the users that are in users.acl of fastchat-redis
  --redis-cluster                 all use the one of components/redis-cluster`

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
    // A URL that can't be read: nothing is printed that kubectl would take.
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
