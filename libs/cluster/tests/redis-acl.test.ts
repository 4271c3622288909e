import { randomUUID } from 'node:crypto'
import { systemClock } from '@fastchat/clock'
import type { DeviceId, UserId } from '@fastchat/schema'
import { eventually, type LocalRedis, startRedis, startRedisCluster } from '@fastchat/testkit'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createAccountPush } from '../src/account-push.ts'
import { createBus } from '../src/bus.ts'
import { type Commands, openPublisher } from '../src/connections.ts'
import { createKeys } from '../src/keys.ts'
import { createPodRecord } from '../src/pod-record.ts'
import { createPodSeal } from '../src/pod-seal.ts'
import { openPods } from '../src/pods.ts'
import { RateLedger } from '../src/rate-ledger.ts'
import { type RedisUser, redisAcl, redisUsers } from '../src/redis-acl.ts'
import { reservePlaces } from '../src/reserve-places.ts'
import { conversationId, hmacKey, podOf, publishAll, silentLog, surroundings } from './bus-harness.ts'

const password = 'admin'
let redis: LocalRedis
const closing: (() => unknown)[] = []

beforeAll(async () => {
  const config = redisUsers.map((user) => `user ${user} on >${user} ${redisAcl(user, { isCluster: false }).join(' ')}`)
  redis = await startRedis({ password, config })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
afterAll(() => redis.stop())

const urlOf = (user: RedisUser) => `redis://${user}:${user}@127.0.0.1:${redis.port}`

function connect(url: string): Redis {
  const connection = new Redis(url, { disableClientInfo: true })
  closing.push(() => connection.disconnect())
  return connection
}

test('chat, balancer and operator can do all their work with their own users', async () => {
  const keys = createKeys()
  const [a, b] = ['a', 'b'].map((origin) => {
    const bus = createBus({ redisUrl: urlOf('chat'), hmacKey, origin, ...surroundings })
    closing.push(() => bus.close())
    return podOf(bus)
  })
  await eventually(() => expect([a!.bus.healthy(), b!.bus.healthy()]).toEqual([true, true]))
  const conversation = conversationId()
  await b!.bus.subscribe([conversation])
  publishAll(a!, conversation, 1, 3)
  await eventually(() => expect(b!.seqs(conversation)).toEqual([1, 2, 3]))
  b!.bus.unsubscribe([conversation])

  const chat = openPublisher({ random: Math.random, redisUrl: urlOf('chat'), log: silentLog, name: 'chat' })
  const balancer = openPublisher({ random: Math.random, redisUrl: urlOf('balancer'), log: silentLog, name: 'balancer' })
  closing.push(
    () => chat.disconnect(),
    () => balancer.disconnect(),
  )
  const identity = { pod: 'p', bootId: 'p-1', capacity: 10 }
  const seal = createPodSeal(hmacKey)
  const podsOf = (redis: Commands) => openPods({ redis, keys, seal, ...surroundings })
  const load = () => ({ connections: 1, lagMs: 0 })
  const record = createPodRecord({ redis: chat, keys, seal, load, ...surroundings, ...identity })
  const device = randomUUID() as DeviceId
  await eventually(async () =>
    expect((await podsOf(balancer).pick(device)).candidates).toEqual([{ pod: 'p', url: '/ws/p' }]),
  )
  // A pod that ends names other pods to its clients.
  expect((await podsOf(chat).read()).map(({ pod }) => pod)).toEqual(['p'])
  // A pod that is too full looks for an emptier pod.
  expect((await podsOf(chat).list()).pods).toMatchObject([{ pod: 'p', pending: 1 }])
  await reservePlaces(chat, keys, [{ pod: 'p', device }])
  record.arrived(device)
  const admin = openPublisher({ random: Math.random, redisUrl: urlOf('admin'), log: silentLog, name: 'admin' })
  closing.push(() => admin.disconnect())
  await eventually(async () => expect((await podsOf(admin).list()).pods).toMatchObject([{ pod: 'p' }]))
  expect(await podsOf(admin).askToDrain('p')).toBe(true)
  const ledger = new RateLedger({ redis: chat, keys, clock: systemClock })
  ledger.limit('sends', { perSecond: 1, burst: 5 }).take('somebody', 4)
  const operator = connect(redis.url)
  await eventually(async () => expect(await operator.keys('fc:{rate}:*')).toHaveLength(1))
  await eventually(async () => expect(await operator.zcard('fc:{pods}:pending:p')).toBe(0))
  ledger.close()
  await record.close()
  expect(await operator.acl('LOG')).toEqual([])
})

test('auth tells the pods of a user what changed in the account, with its own user', async () => {
  const bus = createBus({ redisUrl: urlOf('chat'), hmacKey, origin: 'a', ...surroundings })
  closing.push(() => bus.close())
  const pod = podOf(bus)
  const redis = openPublisher({ random: Math.random, redisUrl: urlOf('auth'), log: silentLog, name: 'auth' })
  closing.push(() => redis.disconnect())
  await eventually(() => expect([bus.healthy(), redis.status]).toEqual([true, 'ready']))
  const [user, other] = [randomUUID() as UserId, randomUUID() as UserId]
  const by = randomUUID() as DeviceId
  await bus.subscribeUsers([user, other])
  const options = { redis, isCluster: false, origin: 'auth-1' }
  createAccountPush({ ...options, hmacKey: Buffer.alloc(32, 9) })(other, 'devices')
  createAccountPush({ ...options, hmacKey })(user, 'records', by)
  await eventually(() =>
    expect(pod.events).toEqual([{ user, event: { t: 'account', changed: 'records', by }, from: 'auth-1' }]),
  )
  // Who has another key than the pods tells them nothing.
  expect(bus.counts().refused).toBe(1)
})

test('in a cluster they can, too, with replicas among the addresses', async () => {
  const config = [`user chat on >chat ${redisAcl('chat', { isCluster: true }).join(' ')}`]
  const cluster = await startRedisCluster({ password, config, masters: 1, replicas: 1 })
  closing.push(() => cluster.stop())
  const operators = cluster.nodes.map(({ port }) => connect(`redis://:${password}@127.0.0.1:${port}`))
  for (const operator of operators) {
    // Each range has its first and last slot, its master, and its replica once gossip has it.
    await eventually(async () => expect(((await operator.cluster('SLOTS')) as unknown[])[0]).toHaveLength(4))
  }
  const addresses = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')
  const redis = openPublisher({
    random: Math.random,
    redisUrl: `redis+cluster://chat:chat@${addresses}`,
    log: silentLog,
    name: 'chat',
  })
  closing.push(() => redis.disconnect())
  await eventually(() => redis.zcard(createKeys().pods))
  for (const operator of operators) {
    await eventually(async () =>
      expect(await operator.client('LIST')).toMatch(/cmd=(readonly|readwrite|zcard).*user=chat/),
    )
    expect(await operator.acl('LOG')).toEqual([])
  }
})

const elsewhere = [
  ['KEYS', '*'],
  ['FLUSHALL'],
  ['CONFIG', 'GET', '*'],
  ['ACL', 'LIST'],
  ['CLIENT', 'LIST'],
  ['MONITOR'],
  ['SCRIPT', 'FLUSH'],
  ['SET', 'other:key', '1'],
  ['DEL', 'fc:other'],
  ['EVAL', "return redis.call('GET', 'fc:other')", '0'],
  ['EVAL', "return redis.call('KEYS', '*')", '0'],
  ['PUBLISH', 'other', 'x'],
  ['SUBSCRIBE', 'other'],
  ['PSUBSCRIBE', '*'],
] as const
const ofOthers: Readonly<Record<RedisUser, readonly (readonly [string, ...string[]])[]>> = {
  auth: [
    ['DEL', 'fc:{pods}:index'],
    ['SET', 'fc:{rate}:x', '1'],
    ['PUBLISH', 'fc:{b1}:canary', 'x'],
  ],
  balancer: [
    ['DEL', 'fc:rate:x'],
    ['SUBSCRIBE', 'fc:{b1}:canary'],
  ],
  admin: [
    ['DEL', 'fc:{pods}:index'],
    ['GET', 'fc:rate:x'],
    ['PUBLISH', 'fc:{b1}:canary', 'x'],
  ],
  chat: [
    ['DEL', 'fc:tries:x'],
    ['SUBSCRIBE', 'fc:{c1}:x'],
  ],
}

test.each(redisUsers)('%s may use no other commands, keys or channels', async (user) => {
  const connection = connect(urlOf(user))
  for (const [command, ...args] of [...elsewhere, ...ofOthers[user]]) {
    await expect(connection.call(command, args), `${command} ${args}`).rejects.toThrow(
      /^NOPERM|executing the script can't/,
    )
  }
})
