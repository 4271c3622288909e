import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CertificateAuthority,
  createCertificateAuthority,
  eventually,
  startRedisCluster,
  startSentinel,
} from '@fastchat/testkit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAdmin } from '../admin/run-admin.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

/** The time for an election among servers that share a busy machine. */
const healTimeoutMs = 60_000
const password = 'admin'
const users = ['auth', 'balancer', 'chat', 'admin']

let authority: CertificateAuthority
beforeAll(async () => {
  authority = await createCertificateAuthority()
})
afterAll(() => authority.remove())

/**
 * Returns the users in the documentation. The first list is for one server, the second for a
 * cluster.
 */
async function documentedUsers(list: 0 | 1): Promise<string[]> {
  const page = await readFile(join(import.meta.dirname, '../../docs/redis-postgres.md'), 'utf8')
  const lines = [...page.matchAll(/^user (\w+) on >PASSWORD .*$/gm)]
  expect(lines.map(([, user]) => user)).toEqual([...users, ...users])
  return lines
    .slice(list * users.length, (list + 1) * users.length)
    .map(([line, user]) => line.replace('>PASSWORD', `>of-${user}`))
}

/**
 * Starts a stack whose services log in as their own users, with TLS, and trust only the test's
 * authority.
 */
const startStack = (url: string) =>
  Stack.start({
    redisUrl: url,
    env: { REDIS_CA_FILE: authority.caFile },
    reroute: async (from, to, given) => (to === 'redis' ? asUser(given, from) : given),
  })

function asUser(url: string, slot: string): string {
  const [user] = slot.split('-')
  return url.replace(/\/\/[^@]*@/, `//${user}:of-${user}@`)
}

/** Resolves when the pods hear each other by Redis and not only by the sweep. */
const untilPodsHear = (stack: Stack) =>
  eventually(
    async () => {
      for (const name of stack.podNames) {
        const metrics = await (await fetch(`${stack.admin(name)}/metrics`)).text()
        expect(metrics, name).toMatch(/^chat_bus_healthy\S* 1$/m)
      }
    },
    { timeoutMs: healTimeoutMs },
  )

async function expectTalk(stack: Stack): Promise<[Person, Person]> {
  await untilPodsHear(stack)
  const alice = await Person.signUp(stack.url, 'alice', { pod: stack.pod(0) })
  const bob = await Person.signUp(stack.url, 'bob', { pod: stack.pod(1) })
  await alice.send(bob, 'hello bob')
  await bob.sees('hello bob')
  await bob.send(alice, 'hello alice')
  await alice.sees('hello alice')
  return [alice, bob]
}

/** Returns the commands that Redis refused to a service. */
async function refusals(ports: readonly number[]): Promise<unknown[]> {
  const found: unknown[] = []
  for (const port of ports) {
    const operator = new Redis({ port, password })
    found.push(...((await operator.acl('LOG')) as unknown[]))
    operator.disconnect()
  }
  return found
}

test('a cluster of 3+3 with TLS and the documented users carries everything', async () => {
  const tls = await authority.issue('cluster')
  const cluster = await startRedisCluster({ password, tls, config: await documentedUsers(1) })
  const stack = await startStack(cluster.url)
  try {
    const [alice, bob] = await expectTalk(stack)
    const asOperator = {
      REDIS_URL: asUser(cluster.url, 'admin'),
      REDIS_CA_FILE: authority.caFile,
      POD_HMAC_KEY_FILE: stack.podHmacKeyFile,
    }
    const { rows } = await runAdmin(asOperator, 'pods', 'list', '--json')
    expect(rows.map(({ pod }) => pod)).toEqual(stack.podNames)
    expect(await refusals(cluster.nodes.map(({ port }) => port))).toEqual([])
    await Promise.all([alice.offline(), bob.offline()])
  } finally {
    await stack.stop()
    await cluster.stop()
  }
})

test('with Sentinels, TLS and the documented users, no sent message is lost when the master dies', async () => {
  const tls = await authority.issue('sentinel')
  const redis = await startSentinel({ password, sentinelPassword: 'watch', tls, config: await documentedUsers(0) })
  const stack = await startStack(redis.url)
  try {
    const [alice, bob] = await expectTalk(stack)
    const former = await redis.master()
    expect(await refusals([former.port])).toEqual([])
    former.kill('SIGKILL')
    const texts = Array.from({ length: 20 }, (_, n) => `meanwhile ${n}`)
    for (const text of texts) await alice.send(bob, text)
    await bob.sees(...texts)
    await eventually(async () => expect(await redis.master()).not.toBe(former), { timeoutMs: healTimeoutMs })
    await untilPodsHear(stack)
    await bob.send(alice, 'after it')
    await alice.sees('after it')
    expect(bob.texts()).toEqual(['hello bob', 'hello alice', ...texts, 'after it'])
    expect(await refusals([(await redis.master()).port])).toEqual([])
    await Promise.all([alice.offline(), bob.offline()])
  } finally {
    await stack.stop()
    await redis.stop()
  }
})
