import { eventually } from '@fastchat/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Seeded, seedConversations, seedDevice } from '../store/seed.ts'
import { announceByHand, commitByHand, sendFrame } from './by-hand.ts'
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

const group = async (devices = 3) => (await seedConversations(pods.pool, { conversations: 1, devices }))[0]!

async function connected(seeded: Seeded, at: readonly Pod[]): Promise<RawClient[]> {
  const clients = await Promise.all(at.map((pod, n) => pods.connect(pod, seeded.sessions[n]!)))
  await Promise.all(clients.map((client) => client.untilSynced()))
  return clients
}

const signal = ({ conversation }: Seeded, body: string, more: object = {}) => ({
  ...{ t: 'signal', conversation, groupNo: 1, epoch: 1, body },
  ...more,
})
const bodies = (client: RawClient) => client.all('signaled').map(({ body }) => body)
const keptBodies = async ({ key }: Seeded) => {
  const { rows } = await pods.pool.query<{ body: Buffer }>('select body from kept_signal where conversation_id = $1', [
    key,
  ])
  return rows.map(({ body }) => body.toString('base64url'))
}

test('a signal reaches the other devices on each pod, names its device, and is no entry of the log', async () => {
  const seeded = await group()
  const [alice, bob, carol] = await connected(seeded, [one, one, two])
  alice!.send(signal(seeded, 'AAAA'))
  await eventually(() => {
    expect(bodies(bob!)).toEqual(['AAAA'])
    expect(bodies(carol!)).toEqual(['AAAA'])
  })
  expect(carol!.all('signaled')[0]).toMatchObject({ groupNo: 1, epoch: 1, device: seeded.sessions[0]!.deviceId })
  await alice!.ask({ t: 'ping' })
  expect(bodies(alice!)).toEqual([])
  expect(await keptBodies(seeded)).toEqual([])
  // The next message is delivered as if there had been no signal.
  await alice!.ask(sendFrame(seeded.conversation))
  await eventually(() => expect(carol!.seqs(seeded.conversation)).toEqual([1]))
})

test('a stranger and a removed device can neither send nor receive signals', async () => {
  const seeded = await group()
  const [alice, bob, carol] = await connected(seeded, [one, one, two])
  const stranger = await pods.connect(one, await seedDevice(pods.pool))
  await stranger.untilSynced()
  stranger.send(signal(seeded, 'AAAA', { keep: true }))
  const seq = await commitByHand(pods.pool, seeded, { removed: [seeded.sessions[1]!] })
  await announceByHand(one, seeded, seq)
  await eventually(() => expect(bob!.seqs(seeded.conversation)).toEqual([seq]))
  bob!.send(signal(seeded, 'BBBB', { keep: true }))
  await Promise.all([stranger.ask({ t: 'ping' }), bob!.ask({ t: 'ping' })])
  alice!.send(signal(seeded, 'CCCC', { keep: true }))
  await eventually(() => expect(bodies(carol!)).toEqual(['CCCC']))
  await eventually(async () => expect(await keptBodies(seeded)).toEqual(['CCCC']))
  expect(bodies(bob!)).toEqual([])
  await bob!.ask({ t: 'signals', since: 0 })
  await stranger.ask({ t: 'signals', since: 0 })
  expect([...bodies(bob!), ...bodies(stranger)]).toEqual([])
})

test('the last kept signal of a device waits for devices that were away', async () => {
  const seeded = await group(2)
  const [alice] = await connected(seeded, [one])
  for (const body of ['AAAA', 'BBBB', 'CCCC']) alice!.send(signal(seeded, body, { keep: true }))
  await eventually(async () => expect(await keptBodies(seeded)).toEqual(['CCCC']))
  const bob = await pods.connect(two, seeded.sessions[1]!)
  await bob.untilSynced()
  const answer = await bob.ask({ t: 'signals', since: 0 })
  expect(bodies(bob)).toEqual(['CCCC'])
  // It may come again, but not for ever.
  expect(answer).toMatchObject({ t: 'ok', at: expect.any(Number) })
  await bob.ask({ t: 'signals', since: Date.now() + 60_000 })
  expect(bodies(bob)).toEqual(['CCCC'])
  // Its own one is not told to the device that sent it.
  await alice!.ask({ t: 'signals', since: 0 })
  expect(bodies(alice!)).toEqual([])
})

test('signals that are not kept cost PostgreSQL no statement, and move no position of the log', async () => {
  const seeded = await group(2)
  const [alice, bob] = await connected(seeded, [one, two])
  const query = vi.spyOn(pg.Client.prototype, 'query')
  // A call has a text and values, or both in one object.
  const isOurs = ([text, more]: readonly unknown[]) => {
    const { text: sql, values } = typeof text === 'string' ? { text, values: more } : (text as pg.QueryConfig)
    const given = [values].flat(2).map(String)
    return sql.includes('kept_signal') || given.includes(String(seeded.key)) || given.includes(seeded.conversation)
  }
  const ours = () => query.mock.calls.filter(isOurs)
  for (let n = 0; n < 8; n++) alice!.send(signal(seeded, `AAA${n}`))
  await eventually(() => expect(bodies(bob!)).toHaveLength(8))
  await alice!.ask({ t: 'ping' })
  expect(ours()).toEqual([])
  // The same count sees a signal that is kept.
  alice!.send(signal(seeded, 'BBBB', { keep: true }))
  await eventually(() => expect(ours()).toHaveLength(1))
  query.mockRestore()
  expect(await alice!.ask(sendFrame(seeded.conversation))).toMatchObject({ seq: 1 })
})

test('signals above the rate of a device are dropped, and its messages are not', async () => {
  const pod = await pods.start('slow', { SIGNALS_PER_SECOND: '0.001', SIGNAL_BURST: '2' })
  const seeded = await group(2)
  const [alice, bob] = await connected(seeded, [pod, pod])
  for (const body of ['AAAA', 'BBBB', 'CCCC', 'DDDD']) alice!.send(signal(seeded, body))
  expect(await alice!.ask(sendFrame(seeded.conversation))).toMatchObject({ t: 'ok' })
  await eventually(() => expect(bob!.seqs(seeded.conversation)).toEqual([1]))
  expect(bodies(bob!)).toEqual(['AAAA', 'BBBB'])
})

test('a signal with too many bytes ends the connection', async () => {
  const seeded = await group(2)
  const [alice] = await connected(seeded, [one])
  alice!.send(signal(seeded, 'A'.repeat(1_368)))
  await eventually(() => expect(alice!.closed?.code).toBe(4500))
})
