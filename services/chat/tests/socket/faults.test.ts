import { eventually, freePort, type LocalRedis, startRedis } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SendRequest } from '../../src/domain/ports.ts'
import { startCutProxy } from '../store/cut-proxy.ts'
import { seedConversations, sendOf } from '../store/seed.ts'
import { sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'
import { storeSilently } from './silent-writer.ts'

let pods: Pods
let one: Pod
let two: Pod
let redis: LocalRedis
let port: number

beforeAll(async () => {
  port = await freePort()
  redis = await startRedis({ port })
  pods = await Pods.open({ redisUrl: redis.url })
  ;[one, two] = await Promise.all([pods.start('one'), pods.start('two')])
})
afterAll(async () => {
  await pods.life.close()
  await redis.stop()
})

/** The time within which entries are delivered after any fault of Redis. */
const healed = { timeoutMs: 15_000 }
/** A time shorter than the pause between sweeps. */
const live = { timeoutMs: 4_000 }

const group = async () => (await seedConversations(pods.pool, { conversations: 1, devices: 2 }))[0]!

async function pair() {
  const seeded = await group()
  const [alice, bob] = await Promise.all([
    pods.connect(one, seeded.sessions[0]!),
    pods.connect(two, seeded.sessions[1]!),
  ])
  await Promise.all([alice.untilSynced(), bob.untilSynced()])
  return { seeded, conversation: seeded.conversation, alice, bob }
}

const storeUnannounced = (...sends: SendRequest[]) => storeSilently(pods.databaseUrl, one.deps.log, sends)

test('a last message whose publish was lost is delivered by the sweep', async () => {
  const { seeded, conversation, bob } = await pair()
  expect(await storeUnannounced(sendOf(seeded, 0))).toMatchObject([{ ok: true, seq: 1 }])
  await eventually(() => expect(bob.seqs(conversation)).toEqual([1]), { timeoutMs: 15_000 })
})

test('messages whose publishes were lost arrive with the next message', async () => {
  const { seeded, conversation, alice, bob } = await pair()
  await storeUnannounced(...Array.from({ length: 3 }, () => sendOf(seeded, 0)))
  expect(await alice.ask(sendFrame(conversation))).toMatchObject({ t: 'ok', seq: 4 })
  await eventually(() => {
    expect(bob.seqs(conversation)).toEqual([1, 2, 3, 4])
    expect(alice.seqs(conversation)).toEqual([1, 2, 3, 4])
  }, live)
})

test('without Redis sends are acked and the sweep delivers them, until an empty Redis takes over', async () => {
  const { conversation, alice, bob } = await pair()
  for (let round = 0; round < 2; round++) {
    redis.kill('SIGKILL')
    await redis.exited
    const before = bob.seqs(conversation).length
    for (let n = 0; n < 5; n++) expect(await alice.ask(sendFrame(conversation))).toMatchObject({ t: 'ok' })
    await eventually(() => expect(bob.seqs(conversation).length).toBe(before + 5), healed)
    // New connections are accepted, too.
    const carol = await pods.connect(two, (await group()).sessions[0]!)
    await carol.untilSynced()

    redis = await startRedis({ port })
    await eventually(() => expect(one.deps.bus.healthy() && two.deps.bus.healthy()).toBe(true), healed)
    await alice.ask(sendFrame(conversation))
    await eventually(() => expect(bob.seqs(conversation).length).toBe(before + 6), live)
  }
  expect(bob.seqs(conversation)).toEqual(Array.from({ length: 12 }, (_, at) => at + 1))
})

test('a stopped Redis delays no ack, and no delivery longer than a sweep', async () => {
  const { conversation, alice, bob } = await pair()
  redis.kill('SIGSTOP')
  try {
    for (let n = 0; n < 3; n++) expect(await alice.ask(sendFrame(conversation))).toMatchObject({ t: 'ok' })
    await eventually(() => expect(bob.seqs(conversation)).toEqual([1, 2, 3]), { timeoutMs: 15_000 })
  } finally {
    redis.kill('SIGCONT')
  }
  await eventually(() => expect(one.deps.bus.healthy() && two.deps.bus.healthy()).toBe(true), healed)
})

test('sockets stay open when PostgreSQL cuts all connections, and sends go on', async () => {
  const { conversation, alice, bob } = await pair()
  for (let round = 0; round < 3; round++) {
    const frame = sendFrame(conversation, { first: true })
    const sending = alice.ask(frame)
    await pods.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name like 'fastchat-chat%'`,
    )
    const answer = await sending
    if (answer.t === 'error') expect(answer).toMatchObject({ code: 'busy', retryMs: expect.any(Number) })
    await eventually(async () => expect(await alice.ask(frame)).toMatchObject({ t: 'ok', seq: round + 1 }))
  }
  await eventually(() => expect(bob.seqs(conversation)).toEqual([1, 2, 3]), healed)
  expect([alice.closed, bob.closed]).toEqual([undefined, undefined])
})

test('sockets stay open when the network to PostgreSQL breaks repeatedly under load, and sends go on', async () => {
  const proxy = await startCutProxy(pods.databaseUrl)
  const three = await pods.start('three', { DATABASE_URL: proxy.url })
  const { conversation, sessions } = await group()
  const [alice, bob] = await Promise.all(sessions.map((session) => pods.connect(three, session)))
  const frames = Array.from({ length: 40 }, () => sendFrame(conversation, { first: true }))
  const cutting = setInterval(proxy.cut, 50)
  for (const [at, frame] of frames.entries())
    await eventually(async () => expect(await alice!.ask(frame)).toMatchObject({ t: 'ok', seq: at + 1 }))
  clearInterval(cutting)
  await eventually(() => expect(bob!.seqs(conversation)).toEqual(frames.map((_, at) => at + 1)), healed)
  expect([alice!.closed, bob!.closed]).toEqual([undefined, undefined])
  await three.stop()
  await proxy.close()
})

test('after a restore of the database all clients reconnect and learn the new epoch', async () => {
  const { seeded, alice, bob } = await pair()
  const [before] = alice.all('ready')
  await pods.pool.query('update installation set db_epoch = gen_random_uuid()')
  const { rows } = await pods.pool.query<{ db_epoch: string }>('select db_epoch from installation')
  expect(await Promise.all([alice.untilClosed(), bob.untilClosed()])).toMatchObject([{ code: 1012 }, { code: 1012 }])
  const again = await pods.connect(one, seeded.sessions[0]!)
  expect(again.all('ready')).toMatchObject([{ dbEpoch: rows[0]!.db_epoch }])
  expect(before?.dbEpoch).not.toBe(rows[0]!.db_epoch)
})
