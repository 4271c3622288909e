import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageId, seedConversations } from '../store/seed.ts'
import { fillByHand, sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'

let pods: Pods
let one: Pod
let two: Pod

beforeAll(async () => {
  pods = await Pods.open()
  ;[one, two] = await Promise.all([pods.start('one'), pods.start('two')])
})
afterAll(() => pods.life.close())

const group = async (devices = 2) => (await seedConversations(pods.pool, { conversations: 1, devices }))[0]!
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at)

test.each(['same pod', 'other pod'])('two devices talk both ways on the %s', async (where) => {
  const { conversation, sessions } = await group()
  const alice = await pods.connect(one, sessions[0]!)
  const bob = await pods.connect(where === 'same pod' ? one : two, sessions[1]!)
  await Promise.all([alice.untilSynced(), bob.untilSynced()])
  expect(await alice.ask(sendFrame(conversation))).toMatchObject({ t: 'ok', seq: 1 })
  await eventually(() => expect(bob.seqs(conversation)).toEqual([1]))
  expect(await bob.ask(sendFrame(conversation))).toMatchObject({ t: 'ok', seq: 2 })
  await eventually(() => expect(alice.seqs(conversation)).toEqual([1, 2]))
  expect(bob.all('message')[0]).toMatchObject({ kind: 'application', from: sessions[0]!.deviceId })
})

test('the same send over two pods is one message', async () => {
  const { conversation, sessions } = await group()
  const frame = sendFrame(conversation)
  const first = await pods.connect(one, sessions[0]!)
  const reader = await pods.connect(two, sessions[1]!)
  await reader.untilSynced()
  expect(await first.ask(frame)).toMatchObject({ t: 'ok', seq: 1 })
  const second = await pods.connect(two, sessions[0]!)
  expect(await second.ask(frame)).toMatchObject({ t: 'ok', seq: 1, duplicate: true })
  expect(await second.ask(sendFrame(conversation, { id: frame.id }))).toMatchObject({ t: 'error', code: 'conflict' })
  expect(await second.ask(sendFrame(conversation, { first: true }))).toMatchObject({ t: 'ok', seq: 2 })
  await eventually(() => expect(reader.seqs(conversation)).toEqual([1, 2]))
})

test('missed entries come in order from any pod, beyond one credit, then synced', async () => {
  const seeded = await group()
  const { conversation, sessions } = seeded
  await fillByHand(pods.pool, seeded, 1_000)
  const bob = await pods.connect(two, sessions[1]!)
  await bob.untilSynced()
  expect(bob.seqs(conversation)).toEqual(range(1, 1_000))
  expect(bob.frames.at(-1)).toEqual({ t: 'synced' })
  await eventually(async () => {
    const { rows } = await pods.pool.query('select acked_seq from device_cursor where device_id = $1', [
      sessions[1]!.device,
    ])
    expect(rows).toEqual([{ acked_seq: 1_000 }])
  })
  bob.close()
  await fillByHand(pods.pool, seeded, 3)
  const again = await pods.connect(one, sessions[1]!)
  await again.untilSynced()
  expect(again.seqs(conversation)).toEqual([1_001, 1_002, 1_003])
})

test('cursors in hello override those of the server, and count at most up to the end of the log', async () => {
  const [a, b] = await seedConversations(pods.pool, { conversations: 2, devices: 2 })
  await fillByHand(pods.pool, a!, 5)
  await fillByHand(pods.pool, b!, 5)
  const cursors = { [a!.conversation]: 3, [b!.conversation]: 99 }
  const bob = await pods.connect(one, a!.sessions[1]!, { cursors })
  await bob.untilSynced()
  expect(bob.seqs(a!.conversation)).toEqual([4, 5])
  expect(bob.seqs(b!.conversation)).toEqual([])
  const alice = await pods.connect(two, a!.sessions[0]!)
  await alice.ask(sendFrame(b!.conversation))
  await eventually(() => expect(bob.seqs(b!.conversation)).toEqual([6]))
})

test('backlogs of several conversations take turns', async () => {
  const seeded = await seedConversations(pods.pool, { conversations: 3, devices: 2 })
  for (const one of seeded) await fillByHand(pods.pool, one, 300, 4_000)
  const bob = await pods.connect(one, seeded[0]!.sessions[1]!)
  await bob.untilSynced()
  const firstOf = seeded.map(({ conversation }) =>
    bob.all('message').findIndex((frame) => frame.conversation === conversation),
  )
  expect(Math.max(...firstOf)).toBeLessThan(300)
  for (const { conversation } of seeded) expect(bob.seqs(conversation)).toEqual(range(1, 300))
})

test('deliveries stop at the credit, and an ack lets the rest through', async () => {
  const seeded = await group()
  await fillByHand(pods.pool, seeded, 600)
  const bob = await pods.connect(one, seeded.sessions[1]!, { isAcking: false })
  await eventually(() => expect(bob.seqs(seeded.conversation).length).toBe(256))
  await bob.ask({ t: 'ping' })
  expect(bob.seqs(seeded.conversation).length).toBe(256)
  bob.send({ t: 'ack', conversation: seeded.conversation, seq: 100 })
  await bob.ask({ t: 'ping' })
  expect(bob.seqs(seeded.conversation).length).toBe(256) // less than half of the credit is back
  bob.send({ t: 'ack', conversation: seeded.conversation, seq: 5_000 }) // it acks no undelivered entry
  await eventually(() => expect(bob.seqs(seeded.conversation)).toEqual(range(1, 512)))
  bob.send({ t: 'ack', conversation: seeded.conversation, seq: 512 })
  await bob.untilSynced()
  expect(bob.seqs(seeded.conversation)).toEqual(range(1, 600))
})

test('deliveries stop at the credit in bytes, too', async () => {
  const seeded = await group()
  await fillByHand(pods.pool, seeded, 100, 15_000)
  const bob = await pods.connect(one, seeded.sessions[1]!, { isAcking: false })
  await eventually(() => expect(bob.seqs(seeded.conversation).length).toBeGreaterThan(40))
  await bob.ask({ t: 'ping' })
  expect(bob.seqs(seeded.conversation).length).toBeLessThan(60) // 20 kB each as base64url
})

test('fetch delivers again from a position', async () => {
  const seeded = await group()
  const { conversation, sessions } = seeded
  await fillByHand(pods.pool, seeded, 10)
  const bob = await pods.connect(one, sessions[1]!)
  await bob.untilSynced()
  expect(await bob.ask({ t: 'fetch', conversation, after: 7 })).toMatchObject({ t: 'ok' })
  await eventually(() => expect(bob.seqs(conversation).slice(10)).toEqual([8, 9, 10]))
  await (await pods.connect(two, sessions[0]!)).ask(sendFrame(conversation))
  await eventually(() => expect(bob.seqs(conversation).slice(13)).toEqual([11]))
  expect(await bob.ask({ t: 'fetch', conversation: messageId(), after: 0 })).toMatchObject({ code: 'not_found' })
})

test('entries that retention deleted are reported once, as a gap', async () => {
  const seeded = await group()
  const { conversation, key, sessions } = seeded
  await fillByHand(pods.pool, seeded, 10)
  await pods.pool.query('delete from message where conversation_id = $1 and seq <= 6', [key])
  await pods.pool.query('update conversation set floor_seq = 6 where id = $1', [key])
  const bob = await pods.connect(one, sessions[1]!, { cursors: { [conversation]: 2 } })
  await bob.untilSynced()
  expect(bob.all('gap')).toEqual([{ t: 'gap', conversation, from: 3, to: 6, reason: 'retention' }])
  expect(bob.seqs(conversation)).toEqual([7, 8, 9, 10])
})

test('all devices see the messages of two senders in one order', async () => {
  const { conversation, sessions } = await group(3)
  const clients = await Promise.all([one, two, one].map((pod, at) => pods.connect(pod, sessions[at]!)))
  await Promise.all(clients.map((client) => client.untilSynced()))
  const burst = async (client: (typeof clients)[number]) => {
    for (let n = 0; n < 10; n++) {
      const frames = Array.from({ length: 20 }, () => sendFrame(conversation))
      const answers = await Promise.all(frames.map((frame) => client.ask(frame)))
      expect(answers.every(({ t }) => t === 'ok')).toBe(true)
    }
  }
  await Promise.all([burst(clients[0]!), burst(clients[1]!)])
  await eventually(() => {
    for (const client of clients) expect(client.seqs(conversation)).toEqual(range(1, 400))
  })
  const ids = clients.map((client) => client.all('message').map(({ id }) => id))
  expect(ids[1]).toEqual(ids[0])
  expect(ids[2]).toEqual(ids[0])
})
