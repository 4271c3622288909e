import { limits, type MessageId } from '@fastchat/schema'
import { eventually, OtlpCollector, type Span } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageId, seedConversations, sendOf } from '../store/seed.ts'
import { fillByHand, sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'
import { storeSilently } from './silent-writer.ts'

let collector: OtlpCollector
let pods: Pods
let one: Pod
let two: Pod

beforeAll(async () => {
  collector = await OtlpCollector.open()
  pods = await Pods.open()
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
  ;[one, two] = await Promise.all([pods.start('one', env), pods.start('two', env)])
})
afterAll(async () => {
  await pods.life.close()
  await collector.close()
})

async function pair() {
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 3 })
  const { conversation, sessions } = seeded!
  const [alice, bob] = await Promise.all([pods.connect(one, sessions[0]!), pods.connect(two, sessions[1]!)])
  await Promise.all([alice.untilSynced(), bob.untilSynced()])
  return { seeded: seeded!, conversation, sessions, alice, bob }
}

const traceOf = (id: MessageId) => collector.trace(id.replaceAll('-', ''))
const find = (spans: readonly Span[], name: string, pod: string) =>
  spans.filter((span) => span.name === name && span.resource['service.instance.id'] === pod)

/** Returns the only span of this name that the pod made of the message. */
async function spanOf(id: MessageId, name: string, pod: string): Promise<Span> {
  return await eventually(() => {
    const found = find(traceOf(id), name, pod)
    expect(found.length, `${name} of ${pod} in ${traceOf(id).map((span) => span.name)}`).toBe(1)
    return found[0]!
  })
}

/** Returns the ways by which a message came to the devices on the second pod. */
const waysOf = (id: MessageId) =>
  find(traceOf(id), 'chat.deliver', 'two').map(({ attributes }) => attributes['fastchat.via'])

async function storeUnannounced(id: MessageId): Promise<void> {
  const { seeded } = await pair()
  const outcomes = await storeSilently(pods.databaseUrl, one.deps.log, [{ ...sendOf(seeded, 0), id }])
  expect(outcomes).toMatchObject([{ ok: true }])
}

test('a message has one trace with its id, whose root is the send that stored it', async () => {
  const { conversation, alice, bob } = await pair()
  const frame = sendFrame(conversation)
  await alice.ask(frame)
  await eventually(() => expect(bob.seqs(conversation)).toEqual([1]))
  await spanOf(frame.id, 'chat.deliver', 'two')
  const root = await spanOf(frame.id, 'chat.accept', 'one')
  expect(root.parentSpanId).toBeUndefined()
  const ids = { 'fastchat.message.id': frame.id, 'fastchat.conversation.id': conversation }
  expect(root.attributes).toEqual({ ...ids, 'fastchat.result': 'stored', 'fastchat.seq': 1 })
  const children = traceOf(frame.id).filter(({ spanId }) => spanId !== root.spanId)
  expect(new Set(children.map(({ parentSpanId }) => parentSpanId))).toEqual(new Set([root.spanId]))
  const told = children.map(({ name, attributes, resource }) => ({
    name,
    attributes,
    pod: resource['service.instance.id'],
  }))
  const delivered = { ...ids, 'fastchat.seq': 1, 'fastchat.readers': 1, 'fastchat.sockets': 1 }
  const expected = [
    { name: 'chat.queue', attributes: ids, pod: 'one' },
    { name: 'chat.append', attributes: { ...ids, 'fastchat.batch.rows': 1 }, pod: 'one' },
    { name: 'chat.deliver', attributes: { ...delivered, 'fastchat.via': 'writer' }, pod: 'one' },
    { name: 'chat.publish', attributes: { ...ids, 'fastchat.seq': 1 }, pod: 'one' },
    { name: 'chat.deliver', attributes: { ...delivered, 'fastchat.via': 'bus' }, pod: 'two' },
  ]
  const byPlace = (a: { name: string; pod: unknown }, b: typeof a) =>
    `${a.name}${a.pod}`.localeCompare(`${b.name}${b.pod}`)
  expect(told.sort(byPlace)).toEqual(expected.sort(byPlace))
  for (const { name, startNs, endNs, resource } of children) {
    expect(endNs, name).toBeGreaterThanOrEqual(startNs)
    if (resource['service.instance.id'] === 'one') expect(startNs, name).toBeGreaterThanOrEqual(root.startNs)
  }
})

test('messages and their batch link to each other', async () => {
  const { conversation, alice } = await pair()
  const frames = Array.from({ length: 20 }, () => sendFrame(conversation))
  await Promise.all(frames.map((frame) => alice.ask(frame)))
  const appends = await Promise.all(frames.map(({ id }) => spanOf(id, 'chat.append', 'one')))
  const crowded = appends.filter(({ attributes }) => Number(attributes['fastchat.batch.rows']) > 1)
  expect(crowded.length).toBeGreaterThan(0)
  const [first] = crowded
  const together = crowded.filter(({ links }) => links[0] === first?.links[0])
  expect(together.length).toBe(first?.attributes['fastchat.batch.rows'])
  const batch = collector.spans.find((span) => `${span.traceId}/${span.spanId}` === first?.links[0])
  expect(batch).toMatchObject({ name: 'chat.batch', attributes: { 'fastchat.batch.rows': together.length } })
  expect(batch?.parentSpanId).toBeUndefined()
  expect(batch?.links.toSorted()).toEqual(together.map((span) => `${span.traceId}/${span.parentSpanId}`).toSorted())
})

test('refused attempts and retries are children with their result', async () => {
  const { conversation, alice, sessions } = await pair()
  const frame = sendFrame(conversation)
  expect(await alice.ask({ ...frame, epoch: 7 })).toMatchObject({ code: 'malformed_handshake' })
  expect(await alice.ask(frame)).toMatchObject({ code: 'out_of_line' })
  expect(await alice.ask({ ...frame, first: true })).toMatchObject({ t: 'ok', seq: 1 })
  const again = await pods.connect(two, sessions[0]!)
  expect(await again.ask(frame)).toMatchObject({ t: 'ok', duplicate: true })
  const repeated = await spanOf(frame.id, 'chat.accept', 'two')
  await eventually(() => expect(find(traceOf(frame.id), 'chat.accept', 'one').length).toBe(3))
  const accepts = find(traceOf(frame.id), 'chat.accept', 'one')
  const root = accepts.find(({ parentSpanId }) => parentSpanId === undefined)
  expect(root?.attributes['fastchat.result']).toBe('stored')
  const results = accepts.map(({ attributes, parentSpanId }) => [attributes['fastchat.result'], parentSpanId])
  expect(results).toEqual([
    ['malformed_handshake', root?.spanId],
    ['out_of_line', root?.spanId],
    ['stored', undefined],
  ])
  expect(repeated).toMatchObject({
    parentSpanId: root?.spanId,
    attributes: { 'fastchat.result': 'duplicate', 'fastchat.seq': 1 },
  })
  expect(new Set([...accepts, repeated].map(({ spanId }) => spanId)).size).toBe(4)
})

test('a failed batch is marked as failed, and its send has the refusal', async () => {
  const { conversation, seeded, alice } = await pair()
  const frame = sendFrame(conversation)
  const client = await pods.pool.connect()
  await client.query('begin')
  await client.query('select from conversation where id = $1 for update', [seeded.key])
  expect(await alice.ask(frame)).toMatchObject({ t: 'error', code: 'busy' })
  await client.query('rollback')
  client.release()
  expect((await spanOf(frame.id, 'chat.append', 'one')).isFailed).toBe(true)
  const accept = await spanOf(frame.id, 'chat.accept', 'one')
  expect(accept.attributes['fastchat.result']).toBe('busy')
})

test('a delivery after a lost publish names its way: sweep, gap or join', async () => {
  const swept = messageId()
  await storeUnannounced(swept)
  await eventually(() => expect(waysOf(swept)).toEqual(['sweep']))

  const { seeded, conversation, sessions, alice, bob } = await pair()
  await fillByHand(pods.pool, seeded, 1)
  await alice.ask(sendFrame(conversation))
  await eventually(() => expect(bob.seqs(conversation)).toEqual([1, 2]))
  await fillByHand(pods.pool, seeded, 1)
  const carla = await pods.connect(two, sessions[2]!)
  await carla.untilSynced()
  await eventually(() => expect(bob.seqs(conversation)).toEqual([1, 2, 3]))
  const [first, , third] = bob.all('message')
  await eventually(() => expect(waysOf(first!.id)).toEqual(['gap', 'backlog']))
  await eventually(() => expect(waysOf(third!.id)).toContain('join'))
})

test('a delivery from the backlog belongs to the same trace', async () => {
  const { conversation, alice, bob, sessions } = await pair()
  bob.close()
  const frame = sendFrame(conversation)
  await alice.ask(frame)
  await spanOf(frame.id, 'chat.accept', 'one')
  const again = await pods.connect(two, sessions[1]!, { cursors: { [conversation]: 0 } })
  await again.untilSynced()
  await eventually(() => {
    const late = find(traceOf(frame.id), 'chat.deliver', 'two').filter(
      ({ attributes }) => attributes['fastchat.via'] === 'backlog',
    )
    expect(late).toMatchObject([{ attributes: { 'fastchat.readers': 1, 'fastchat.sockets': 1 } }])
  })
})

test('a device that is behind does not count as a written socket', async () => {
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
  const { conversation, sessions } = seeded!
  await fillByHand(pods.pool, seeded!, limits.creditMessages)
  const alice = await pods.connect(one, sessions[0]!)
  const bob = await pods.connect(two, sessions[1]!, { isAcking: false })
  await eventually(() => expect(bob.seqs(conversation).length).toBe(limits.creditMessages))
  const frame = sendFrame(conversation)
  await alice.ask(frame)
  const { attributes } = await spanOf(frame.id, 'chat.deliver', 'two')
  expect(attributes).toMatchObject({ 'fastchat.via': 'bus', 'fastchat.readers': 1, 'fastchat.sockets': 0 })
  bob.send({ t: 'ack', conversation, seq: limits.creditMessages })
  await eventually(() => expect(waysOf(frame.id)).toEqual(['bus', 'backlog']))
})
