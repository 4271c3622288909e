import { uuidPattern } from '@fastchat/schema'
import { eventually, OtlpCollector, type Span } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needles } from '../support/needles.ts'
import { Person, password } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

const plaintext = 'the planted plaintext of a traced message, 5e02'
const groupName = 'planted-traced-group-77d1'
const utf8 = (text: string) => new TextEncoder().encode(text)

let collector: OtlpCollector
let stack: Stack
let alice: Person
let bob: Person

beforeAll(async () => {
  collector = await OtlpCollector.open()
  stack = await Stack.start({ podEnv: { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/` } })
  alice = await Person.signUp(stack.url, 'planted-traced-alice', { pod: stack.pod(0) })
  bob = await Person.signUp(stack.url, 'planted-traced-bob', { pod: stack.pod(1) })
})
afterAll(async () => {
  await stack.stop()
  await collector.close()
})

const podOf = ({ resource }: Span) => resource['service.instance.id']

/** Returns the trace of a message that was stored, and delivered by these pods. */
async function traceOf(id: string, ...delivering: string[]): Promise<Span[]> {
  return await eventually(() => {
    const spans = collector.trace(id.replaceAll('-', ''))
    const pods = spans.filter(({ name }) => name === 'chat.deliver').map(podOf)
    expect(pods).toEqual(expect.arrayContaining(delivering))
    expect(spans.map(({ name }) => name)).toContain('chat.accept')
    return spans
  })
}

test('one trace follows a message from the pod that accepted it to the one that delivered it', async () => {
  await alice.send(bob, 'before')
  await bob.sees('before')
  const { conversation, id } = await alice.queue(bob, plaintext)
  const { seq } = await alice.client.conversation(conversation).outbox.whenStored(id)
  await bob.sees(plaintext)
  const spans = await traceOf(id, 'chat-0', 'chat-1')
  const told = spans.map((span) => `${span.name} ${podOf(span)} ${span.attributes['fastchat.via'] ?? ''}`.trim())
  expect(told.toSorted()).toEqual([
    'chat.accept chat-0',
    'chat.append chat-0',
    'chat.deliver chat-0 writer',
    'chat.deliver chat-1 bus',
    'chat.publish chat-0',
    'chat.queue chat-0',
  ])
  const [root, ...others] = spans.toSorted(
    (a, b) => Number(a.name !== 'chat.accept') - Number(b.name !== 'chat.accept'),
  )
  expect(root?.parentSpanId).toBeUndefined()
  for (const span of others) expect(span.parentSpanId, span.name).toBe(root?.spanId)
  for (const { attributes } of spans) {
    expect(attributes).toMatchObject({ 'fastchat.message.id': id, 'fastchat.conversation.id': conversation })
  }
  const delivered = spans.find((span) => span.name === 'chat.deliver' && podOf(span) === 'chat-1')
  expect(delivered?.attributes).toMatchObject({ 'fastchat.seq': seq, 'fastchat.sockets': 1 })
  expect(root?.resource).toMatchObject({ 'service.name': 'fastchat-chat', 'service.namespace': 'fastchat' })
})

test('spans have only ids, numbers and fixed words', async () => {
  const { id: group } = await alice.client.createGroup(groupName, [bob.id])
  await alice.send(group, `${plaintext} in a group`)
  await bob.sees(`${plaintext} in a group`)
  const answer = await alice.queue(group, `${plaintext} again`)
  await traceOf(answer.id, 'chat-1')
  const tokens = [await tokenOf(alice), await tokenOf(bob)]
  const rows = (await stack.sql('select envelope from message')) as { envelope: Buffer }[]
  const secrets = Object.entries({
    plaintext: utf8(plaintext),
    'group name': utf8(groupName),
    password: utf8(password),
    alice: utf8('planted-traced-alice'),
    bob: utf8('planted-traced-bob'),
    ...Object.fromEntries(tokens.map((token, n) => [`token ${n}`, utf8(token)])),
    ...Object.fromEntries(rows.map(({ envelope }, n) => [`envelope ${n}`, envelope.subarray(-32)])),
  })
  expect(rows.length).toBeGreaterThan(2)
  const leaks = (hay: Buffer) =>
    secrets.filter(([, secret]) => needles(secret).some((needle) => hay.includes(needle))).map(([name]) => name)
  const received = Buffer.concat(collector.received)
  expect(received.includes(answer.id)).toBe(true)
  expect(leaks(received)).toEqual([])
  for (const [name, secret] of secrets) expect(leaks(Buffer.concat([received, secret]))).toContain(name)
  for (const { attributes } of collector.spans) {
    for (const [name, value] of Object.entries(attributes))
      expect(String(value), name).toMatch(allowed[name] ?? /^never$/)
  }
  for (const { resource } of collector.spans) expect(Object.keys(resource).toSorted()).toEqual(ofResource)
})

test('only messages have traces', async () => {
  const entries = (await stack.sql('select client_id as id, kind from message')) as { id: string; kind: number }[]
  const isTraced = ({ id }: { id: string }) => collector.trace(id.replaceAll('-', '')).length > 0
  const messages = entries.filter(({ kind }) => kind === 0)
  await eventually(() => expect(messages.filter(isTraced)).toEqual(messages))
  expect(messages.length).toBeGreaterThan(2)
  const commits = entries.filter(({ kind }) => kind === 1)
  expect(commits.length).toBeGreaterThan(0)
  expect(commits.filter(isTraced)).toEqual([])
})

const uuid = new RegExp(uuidPattern)
const count = /^\d{1,6}$/
const allowed: Readonly<Record<string, RegExp>> = {
  'fastchat.message.id': uuid,
  'fastchat.conversation.id': uuid,
  'fastchat.seq': count,
  'fastchat.batch.rows': count,
  'fastchat.readers': count,
  'fastchat.sockets': count,
  'fastchat.via': /^(writer|bus|gap|sweep|join|backlog)$/,
  'fastchat.result': /^[a-z_]{2,30}$/,
}
const ofResource = [
  'service.instance.id',
  'service.name',
  'service.namespace',
  'telemetry.sdk.language',
  'telemetry.sdk.name',
  'telemetry.sdk.version',
]

async function tokenOf(person: Person): Promise<string> {
  await person.offline()
  const token = await person.accessToken()
  await person.online()
  return token
}
