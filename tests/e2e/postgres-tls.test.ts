import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CertificateAuthority,
  createCertificateAuthority,
  freePort,
  startProcess,
  testPostgresUrl,
} from '@fastchat/testkit'
import { ensureSecrets, type Secrets } from '@fastchat/tools/secrets'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAdmin } from '../admin/run-admin.ts'
import { type OwnPostgres, runMigrations, startOwnPostgres } from '../support/own-postgres.ts'
import { Person } from '../support/person.ts'
import { refusedPod } from '../support/refused-pod.ts'
import { Stack } from '../support/stack.ts'

const services = join(import.meta.dirname, '../../services')

let folder: string
let secrets: Secrets
let authority: CertificateAuthority
let postgres: OwnPostgres
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-tls-'))
  secrets = await ensureSecrets(folder)
  authority = await createCertificateAuthority()
  postgres = await startOwnPostgres({ tls: await authority.issue('postgres') })
})
afterAll(async () => {
  await postgres.stop()
  await authority.remove()
  await rm(folder, { recursive: true })
})

const withTls = (url: string) => `${url}?sslmode=verify-full`

test('with a private certificate authority everything works, and every connection uses TLS', async () => {
  const env = { DATABASE_URL: withTls(postgres.url), DATABASE_CA_FILE: authority.caFile }
  expect(await runMigrations('migrate', env)).toEqual({ code: 0, output: 'Nothing to migrate\n' })
  expect(await runMigrations('wait', env)).toEqual({ code: 0, output: '' })
  const stack = await Stack.start({
    databaseUrl: postgres.url,
    env: { DATABASE_CA_FILE: authority.caFile },
    reroute: async (_from, to, url) => (to === 'postgres' ? withTls(url) : url),
  })
  try {
    const alice = await Person.signUp(stack.url, 'alice', { pod: stack.pod(0) })
    const bob = await Person.signUp(stack.url, 'bob', { pod: stack.pod(1) })
    await alice.send(bob, 'hello bob')
    await bob.sees('hello bob')
    expect((await runAdmin(env, 'stats', '--json')).rows).toMatchObject([{ users: 2 }])
    const connections = await stack.sql(
      `select a.application_name as name, bool_and(s.ssl) as ssl from pg_stat_activity a join pg_stat_ssl s using (pid)
       where a.application_name ~ '^(chat|fastchat)-' group by 1 order by 1`,
    )
    const pools = ['chat-registry', 'fastchat-auth', 'fastchat-chat', 'fastchat-chat-prisma']
    const all = [...pools, 'fastchat-chat-send', 'fastchat-chat-sync']
    expect(connections).toEqual(all.map((name) => ({ name, ssl: true })))
    await Promise.all([alice.offline(), bob.offline()])
  } finally {
    await stack.stop()
  }
})

/**
 * Returns the errors of everything that connects: migrations, the operator's command, a pod and
 * auth.
 */
async function refusals(env: Record<string, string>): Promise<string[]> {
  const run = await Promise.all([runMigrations('migrate', env), runMigrations('wait', env), runAdmin(env, 'stats')])
  for (const { code } of run) expect(code).toBeGreaterThan(0)
  const [migrated, waited, operated] = run
  return [migrated.output, waited.output, operated.err, await refusedPod(env), await startAuth(env)]
}

/** Starts auth and returns its error, or the reason why it is not ready. */
async function startAuth(env: Record<string, string>): Promise<string> {
  const adminPort = await freePort()
  let said = ''
  const files = { AUTH_SIGNING_KEYS_FILE: secrets.signingKeys, KDF_PEPPER_FILE: secrets.kdfPepper }
  const own = { ...files, REFRESH_KEY_FILE: secrets.refreshKey, PORT: '0', ADMIN_PORT: String(adminPort) }
  await startProcess({
    name: 'auth',
    file: join(services, 'auth/src/main.ts'),
    env: { ...env, ...own },
    onLine: (line) => {
      said += line
    },
    readyWhen: async () => {
      const { status } = await fetch(`http://127.0.0.1:${adminPort}/readyz`)
      expect(status).toBe(503)
      expect(said).toContain('cannot connect to the database')
    },
  }).then(
    (it) => it.stop(),
    () => undefined,
  )
  return said
}

const expectAll = (said: readonly string[], words: string) => {
  for (const one of said) expect(one).toContain(words)
}

test('every program refuses a certificate of an unknown authority and says so', async () => {
  const other = await createCertificateAuthority()
  const DATABASE_URL = withTls(postgres.url)
  const words = 'signed by nobody who is trusted'
  expectAll(await refusals({ DATABASE_URL, DATABASE_CA_FILE: other.caFile }), words)
  expectAll(await refusals({ DATABASE_URL: `${postgres.url}?sslmode=require` }), words)
  await other.remove()
})

test('a certificate for another host is refused with an error that says so', async () => {
  const elsewhere = await startOwnPostgres({ tls: await authority.issue('elsewhere', 'elsewhere.example') })
  const env = { DATABASE_URL: withTls(elsewhere.url), DATABASE_CA_FILE: authority.caFile }
  expectAll(await refusals(env), 'not for the host that its URL names')
  await elsewhere.stop()
})

test('a server without TLS is refused with an error that says so', async () => {
  const env = { DATABASE_URL: withTls(testPostgresUrl()), DATABASE_CA_FILE: authority.caFile }
  expectAll(await refusals(env), 'offers no TLS')
})

test('an unreadable file of authorities is named', async () => {
  const env = { DATABASE_URL: withTls(postgres.url), DATABASE_CA_FILE: join(folder, 'missing.pem') }
  expectAll(await refusals(env), 'DATABASE_CA_FILE names a file that cannot be read')
})

test('a service with authorities but without TLS does not start', async () => {
  const env = { DATABASE_URL: postgres.url, DATABASE_CA_FILE: authority.caFile }
  expectAll(await refusals(env), 'DATABASE_CA is given, but DATABASE_URL has no sslmode')
})
