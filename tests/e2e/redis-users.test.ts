import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually, freePort, type LocalRedis, startRedis } from '@fastchat/testkit'
import { makeSecrets } from '@fastchat/tools/k8s-secrets'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAdmin } from '../admin/run-admin.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
/** A user with which the test looks into Redis. The installation does not know it. */
const onlooker = 'onlooker'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-redis-users-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Starts a Redis with the users of `acl` and an onlooker. */
async function startWithUsers(acl: string, config: readonly string[] = []): Promise<LocalRedis> {
  const port = await freePort()
  const file = join(folder, `users-${port}.acl`)
  await writeFile(file, `user default on >${onlooker} ~* &* +@all\n`)
  const redis = await startRedis({ port, dir: folder, password: onlooker, config: [`aclfile ${file}`, ...config] })
  const loader = connect(redis, undefined, onlooker)
  await writeFile(file, `${acl}user onlooker on >${onlooker} ~* &* +@all\n`)
  await loader.acl('LOAD')
  loader.disconnect()
  return redis
}

const connect = ({ port }: Pick<LocalRedis, 'port'>, username?: string, password?: string): Redis => {
  const connection = new Redis({
    port,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    disableClientInfo: true,
    enableReadyCheck: false,
    retryStrategy: () => null,
  })
  connection.on('error', () => undefined) // the commands reject, too
  return connection
}

async function asked(connection: Redis, command: string, ...args: string[]): Promise<unknown> {
  try {
    return await connection.call(command, args)
  } finally {
    connection.disconnect()
  }
}

async function expectInstallation(redis: LocalRedis, urlOf: (user: string) => string, probe?: string): Promise<void> {
  const own = (user: string) => urlOf(user).replace(/@.*/, `@127.0.0.1:${redis.port}`)
  const stack = await Stack.start({
    redisUrl: redis.url,
    reroute: async (from, to, url) => (to === 'redis' ? own(from.split('-')[0] ?? '') : url),
  })
  try {
    for (const pod of stack.podNames) {
      await eventually(async () => {
        const metrics = await (await fetch(`${stack.admin(pod)}/metrics`)).text()
        expect(metrics).toMatch(/^chat_bus_healthy\S* 1$/m)
      })
    }
    const alice = await Person.signUp(stack.url, 'alice')
    const bob = await Person.signUp(stack.url, 'bob')
    await alice.send(bob, 'hello bob')
    await bob.sees('hello bob')
    const env = { REDIS_URL: own('admin'), POD_HMAC_KEY_FILE: stack.podHmacKeyFile }
    const { rows } = await runAdmin(env, 'pods', 'list', '--json')
    expect(rows.map(({ pod }) => pod)).toEqual(stack.podNames)
    expect(await asked(connect(redis, 'onlooker', onlooker), 'ACL', 'LOG')).toEqual([])
    await Promise.all([alice.offline(), bob.offline()])

    await expect(asked(connect(redis), 'PING')).rejects.toThrow('NOAUTH')
    await expect(asked(connect(redis, 'default', onlooker), 'PING')).rejects.toThrow(/WRONGPASS|NOAUTH/)
    if (probe === undefined) return
    expect(await asked(connect(redis, 'probe', probe), 'PING')).toBe('PONG')
    await expect(asked(connect(redis, 'probe', probe), 'INFO')).rejects.toThrow('NOPERM')
  } finally {
    await stack.stop()
  }
}

const secretOf = (options: Parameters<typeof makeSecrets>[0]): Readonly<Record<string, string>> =>
  // `makeSecrets` writes these values.
  makeSecrets(options).find(({ metadata }) => metadata.name === 'fastchat-redis')?.stringData as Record<string, string>

describe('with its Redis users, an installation works and no command is denied', () => {
  test('on Kubernetes', async () => {
    const secret = secretOf({})
    const redis = await startWithUsers(secret['users.acl'] ?? '')
    try {
      await expectInstallation(redis, (user) => secret[`${user}-url`] ?? '', secret['probe-password'])
    } finally {
      await redis.stop()
    }
  })

  test('with compose, whose passwords survive a restart', async () => {
    const made = await mkdtemp(join(folder, 'compose-'))
    const setup = () => run(process.execPath, [join(root, 'tools', 'src', 'images', 'write-secrets.ts'), made])
    const fileOf = (name: string) => readFile(join(made, name), 'utf8')
    await setup()
    const acl = await fileOf('redis-users.acl')
    const names = ['auth', 'balancer', 'chat', 'admin']
    const urls = new Map(await Promise.all(names.map(async (one) => [one, await fileOf(`redis-${one}-url`)] as const)))
    await setup()
    expect(await fileOf('redis-users.acl')).toBe(acl)
    const redis = await startWithUsers(acl)
    try {
      await expectInstallation(redis, (user) => urls.get(user) ?? '')
    } finally {
      await redis.stop()
    }
  })
})

test('replicas follow with the users of a cluster', async () => {
  const secret = secretOf({ hasRedisCluster: true })
  const nodes: LocalRedis[] = []
  try {
    for (let n = 0; n < 6; n++) {
      const config = [
        'cluster-enabled yes',
        `cluster-port ${await freePort()}`,
        `cluster-config-file nodes-${n}.conf`,
        'masteruser replica',
        `masterauth ${secret['replica-password']}`,
      ]
      nodes.push(await startWithUsers(secret['users.acl'] ?? '', config))
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
    const args = ['--user', 'setup', '--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']
    await run('redis-cli', args, { env: { ...process.env, REDISCLI_AUTH: secret['setup-password'] } })
    for (const node of nodes) {
      await eventually(
        async () => {
          expect(await asked(connect(node, 'setup', secret['setup-password']), 'CLUSTER', 'INFO')).toContain(
            'cluster_state:ok',
          )
          const info = await asked(connect(node, 'setup', secret['setup-password']), 'INFO', 'replication')
          expect(info).toMatch(/role:master\r\nconnected_slaves:1|master_link_status:up/)
        },
        { timeoutMs: 60_000 },
      )
      expect(await asked(connect(node, 'onlooker', onlooker), 'ACL', 'LOG')).toEqual([])
    }
  } finally {
    await Promise.all(nodes.map((node) => node.stop()))
  }
})
