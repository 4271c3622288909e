import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Seeded, seedConversations, seedDevice } from '../store/seed.ts'
import { announceByHand, commitByHand, fillByHand, sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'
import type { RawClient } from './raw-client.ts'

let pods: Pods
let one: Pod
let two: Pod

beforeAll(async () => {
  pods = await Pods.open()
  ;[one, two] = await Promise.all([pods.start('one'), pods.start('two')])
})
afterAll(() => pods.life.close())

/** A time shorter than the pause between sweeps. */
const live = { timeoutMs: 4_000 }
/** The time of a sweep with its jitter. */
const swept = { timeoutMs: 15_000 }

const group = async (devices = 3) => (await seedConversations(pods.pool, { conversations: 1, devices }))[0]!

async function connected(seeded: Seeded, at: readonly Pod[]): Promise<RawClient[]> {
  const clients = await Promise.all(at.map((pod, n) => pods.connect(pod, seeded.sessions[n]!)))
  await Promise.all(clients.map((client) => client.untilSynced()))
  return clients
}

test('a removed device gets the removing commit as its last entry, on each pod', async () => {
  const seeded = await group(4)
  const { conversation, sessions } = seeded
  const [alice, bob, carol, dora] = await connected(seeded, [one, one, two, two])
  await alice!.ask(sendFrame(conversation))
  const seq = await commitByHand(pods.pool, seeded, { removed: [sessions[1]!, sessions[2]!] })
  await announceByHand(one, seeded, seq)
  for (let n = 0; n < 3; n++) await alice!.ask(sendFrame(conversation))
  await eventually(() => expect(dora!.seqs(conversation)).toEqual([1, 2, 3, 4, 5]), live)
  await Promise.all([bob!.ask({ t: 'ping' }), carol!.ask({ t: 'ping' })])
  expect(bob!.seqs(conversation)).toEqual([1, 2])
  expect(carol!.seqs(conversation)).toEqual([1, 2])
  expect(await bob!.ask(sendFrame(conversation))).toMatchObject({ t: 'error' })
  await bob!.ask({ t: 'fetch', conversation, after: 0 })
  await eventually(() => expect(bob!.seqs(conversation)).toEqual([1, 2, 1, 2]))
})

test('a device that was removed while offline gets entries up to the removing commit', async () => {
  const seeded = await group()
  const { conversation, sessions } = seeded
  await fillByHand(pods.pool, seeded, 3)
  await commitByHand(pods.pool, seeded, { removed: [sessions[1]!] })
  await fillByHand(pods.pool, seeded, 3)
  const bob = await pods.connect(two, sessions[1]!)
  await bob.untilSynced()
  expect(bob.seqs(conversation)).toEqual([1, 2, 3, 4])
})

test('a device that was removed and added again never gets the entries between', async () => {
  const seeded = await group()
  const { conversation, sessions } = seeded
  await fillByHand(pods.pool, seeded, 2)
  await commitByHand(pods.pool, seeded, { removed: [sessions[1]!] })
  await fillByHand(pods.pool, seeded, 4)
  await commitByHand(pods.pool, seeded, { added: [sessions[1]!] })
  await fillByHand(pods.pool, seeded, 1)
  const bob = await pods.connect(one, sessions[1]!)
  await bob.untilSynced()
  expect(bob.seqs(conversation)).toEqual([1, 2, 3, 8, 9])
  bob.close()
  const again = await pods.connect(two, sessions[1]!, { cursors: { [conversation]: 5 } })
  await again.untilSynced()
  expect(again.seqs(conversation)).toEqual([8, 9])
  expect(again.all('gap')).toEqual([])
})

test('a connected device that is removed and added again misses only the entries between', async () => {
  const seeded = await group()
  const { conversation, sessions } = seeded
  const [alice, bob] = await connected(seeded, [one, two])
  await announceByHand(one, seeded, await commitByHand(pods.pool, seeded, { removed: [sessions[1]!] }))
  await alice!.ask(sendFrame(conversation))
  await announceByHand(one, seeded, await commitByHand(pods.pool, seeded, { added: [sessions[1]!] }))
  await alice!.ask(sendFrame(conversation))
  await eventually(() => expect(bob!.seqs(conversation)).toEqual([1, 3, 4]), live)
})

test('a device that rejoins with one commit misses no entry', async () => {
  const seeded = await group()
  const { conversation, sessions } = seeded
  const [alice, bob] = await connected(seeded, [one, two])
  await alice!.ask(sendFrame(conversation))
  const seq = await commitByHand(pods.pool, seeded, { removed: [sessions[1]!], added: [sessions[1]!] })
  await announceByHand(one, seeded, seq)
  await alice!.ask(sendFrame(conversation))
  await eventually(() => expect(bob!.seqs(conversation)).toEqual([1, 2, 3]), live)
})

describe('an added device', () => {
  test.each(['where the commit was taken', 'elsewhere'])('is told at once when it is connected %s', async (where) => {
    const seeded = await group()
    const { conversation } = seeded
    const eve = await seedDevice(pods.pool)
    const [alice] = await connected(seeded, [one])
    const client = await pods.connect(where === 'elsewhere' ? two : one, eve)
    await client.untilSynced()
    await alice!.ask(sendFrame(conversation))
    const seq = await commitByHand(pods.pool, seeded, { added: [eve] })
    await announceByHand(one, seeded, seq)
    await alice!.ask(sendFrame(conversation))
    await eventually(() => expect(client.seqs(conversation)).toEqual([2, 3]), live)
    expect(client.all('welcome')).toEqual([
      { t: 'welcome', conversation, kind: 'group', groupNo: 1, seq: 2, join: 'welcome' },
    ])
    const order = client.frames.filter(({ t }) => t === 'welcome' || t === 'message').map(({ t }) => t)
    expect(order).toEqual(['welcome', 'message', 'message'])
  })

  test('is told by the sweep if the commit was not announced', async () => {
    const seeded = await group()
    const eve = await seedDevice(pods.pool)
    const client = await pods.connect(two, eve)
    await client.untilSynced()
    await commitByHand(pods.pool, seeded, { added: [eve] })
    await eventually(() => expect(client.seqs(seeded.conversation)).toEqual([1]), swept)
    expect(client.all('welcome').length).toBe(1)
  })

  test('is told again at each hello until it has acked the commit', async () => {
    const seeded = await group()
    const { conversation } = seeded
    const eve = await seedDevice(pods.pool)
    await commitByHand(pods.pool, seeded, { added: [eve] })
    const silent = await pods.connect(one, eve, { isAcking: false })
    await silent.untilSynced()
    expect(silent.all('welcome').length).toBe(1)
    const acking = await pods.connect(two, eve)
    await acking.untilSynced()
    expect(acking.all('welcome').length).toBe(1)
    expect(acking.seqs(conversation)).toEqual([1])
    await eventually(async () => {
      const { rows } = await pods.pool.query('select from device_cursor where device_id = $1', [eve.device])
      expect(rows.length).toBe(1)
    })
    const later = await pods.connect(one, eve)
    await later.untilSynced()
    expect(later.all('welcome')).toEqual([])
  })
})

test('a member without a leaf is told to join externally', async () => {
  const seeded = await group()
  const { conversation, key } = seeded
  const eve = await seedDevice(pods.pool)
  await pods.pool.query('insert into member values ($1, $2, 0)', [key, eve.user])
  const client = await pods.connect(one, eve)
  await client.untilSynced()
  expect(client.all('welcome')).toMatchObject([{ conversation, join: 'external' }])
  expect(await client.ask({ t: 'fetch', conversation, after: 0 })).toMatchObject({ code: 'not_found' })
})
