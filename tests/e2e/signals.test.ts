import { memoryStore } from '@fastchat/client/testing'
import type { ConversationId } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())
afterEach(() => expect(raisedAlarms).toEqual([]))

async function pair(one: string, other: string) {
  const alice = await Person.signUp(stack.url, one, { pod: stack.pod(0) })
  const bob = await Person.signUp(stack.url, other, { pod: stack.pod(1) })
  const seq = await alice.send(bob, 'hello')
  await bob.sees('hello')
  const [chat] = alice.client.conversations()
  // Nothing is told of a chat with a stranger before it is accepted.
  await bob.client.signals.receipts.flush()
  expect(alice.client.signals.receipts.stateAt(chat!.conversation, seq)).toBe('stored')
  await bob.client.people.accept(chat!.conversation)
  return { alice, bob, chat: chat!.conversation, seq }
}

const stateOf = ({ client }: Person, chat: ConversationId, seq: number) => client.signals.receipts.stateAt(chat, seq)
const reaches = (person: Person, chat: ConversationId, seq: number, state: string) =>
  eventually(() => expect(stateOf(person, chat, seq)).toBe(state))
const reads = ({ client }: Person, chat: ConversationId, seq: number) => client.conversation(chat).markRead(seq)

test('a sender sees its message delivered and read, also when it was offline meanwhile', async () => {
  const { alice, bob, chat, seq } = await pair('alice', 'bob')
  await reaches(alice, chat, seq, 'delivered')
  await alice.offline()
  await reads(bob, chat, seq)
  await eventually(async () => {
    const rows = await stack.sql('select body from kept_signal k join conversation c on c.id = k.conversation_id')
    expect(rows).toHaveLength(1)
    expect(String(rows[0]?.body)).not.toContain('receipt')
  })
  await bob.offline()
  const again = await Person.open(stack.url, 'alice', { store: alice.store, pod: stack.pod(0) })
  await reaches(again, chat, seq, 'read')
  await again.offline()
  // Received receipts are known without a server.
  const later = await Person.open(stack.url, 'alice', { store: alice.store })
  expect(stateOf(later, chat, seq)).toBe('read')
  await later.offline()
})

test('reading on one of two devices is enough, and an own second device sees it, too', async () => {
  const { alice, bob, chat } = await pair('ana', 'ben')
  const second = await Person.logIn(stack.url, 'ben', { pod: stack.pod(0) })
  const anas = await Person.logIn(stack.url, 'ana', { pod: stack.pod(1) })
  const seq = await alice.send(chat, 'to all devices')
  await Promise.all([second, bob, anas].map((one) => one.sees('to all devices')))
  await reads(second, chat, seq)
  await reaches(alice, chat, seq, 'read')
  await reaches(anas, chat, seq, 'read')
  expect(alice.client.signals.receipts.at(chat, seq)).toEqual([{ user: bob.id, state: 'read' }])
  await Promise.all([alice, bob, second, anas].map((one) => one.offline()))
})

test('typing and presence pass between pods, and leave no row', async () => {
  const { alice, bob, chat } = await pair('carla', 'dave')
  bob.client.signals.typing.type(chat)
  await eventually(() => expect(alice.client.signals.typing.in(chat)).toEqual([bob.id]))
  bob.client.signals.typing.end(chat)
  await eventually(() => expect(alice.client.signals.typing.in(chat)).toEqual([]))
  await alice.client.signals.presence.ask(chat)
  await eventually(() => expect(alice.client.signals.presence.of(bob.id)).toMatchObject({ isHere: true }))
  await bob.offline()
  await eventually(() => expect(alice.client.signals.presence.of(bob.id)).toMatchObject({ isHere: false }))
  await alice.offline()
})

test('a switch that is off hides both ways', async () => {
  const { alice, bob, chat, seq } = await pair('erin', 'frank')
  await reaches(alice, chat, seq, 'delivered')
  for (const name of ['receipts', 'typing', 'presence'] as const) await bob.client.signals.privacy.set(name, false)
  await reads(bob, chat, seq)
  bob.client.signals.typing.type(chat)
  await alice.client.signals.presence.ask(chat)
  const answer = await bob.send(chat, 'I tell nothing')
  await alice.sees('I tell nothing')
  await reads(alice, chat, answer)
  // Bob's next frames come after those that he would have sent.
  await bob.client.signals.receipts.flush()
  await alice.client.signals.receipts.flush()
  await bob.send(chat, 'still nothing')
  await alice.sees('still nothing')
  expect(stateOf(alice, chat, seq)).toBe('delivered')
  expect(alice.client.signals.typing.in(chat)).toEqual([])
  expect(alice.client.signals.presence.of(bob.id)).toBeUndefined()
  expect(stateOf(bob, chat, answer)).toBe('stored')
  await bob.client.signals.privacy.set('receipts', true)
  await reaches(bob, chat, answer, 'read')
  await Promise.all([alice.offline(), bob.offline()])
})

test('a switch counts on all devices of the account, also on one that signs in later', async () => {
  const { alice: mona, bob: nick, chat, seq } = await pair('mona', 'nick')
  await reaches(mona, chat, seq, 'delivered')
  await nick.client.signals.privacy.set('receipts', false)
  const second = await Person.logIn(stack.url, 'nick', { pod: stack.pod(0) })
  await eventually(() => expect(second.client.signals.privacy.allows('receipts')).toBe(false))
  const next = await mona.send(chat, 'to both devices')
  await Promise.all([nick, second].map((one) => one.sees('to both devices')))
  await reads(second, chat, next)
  await second.client.signals.receipts.flush()
  await second.send(chat, 'I have read it')
  await mona.sees('I have read it')
  expect(stateOf(mona, chat, next)).toBe('stored')
  await second.client.signals.privacy.set('receipts', true)
  await eventually(() => expect(nick.client.signals.privacy.allows('receipts')).toBe(true))
  await Promise.all([mona, nick, second].map((one) => one.offline()))
})

test('a device that comes back opens the receipts of the epochs that it missed', async () => {
  const { alice, bob, chat } = await pair('gina', 'hugo')
  const seq = await alice.send(chat, 'before you add devices')
  await bob.sees('before you add devices')
  await alice.offline()
  await reads(bob, chat, seq)
  await bob.client.signals.receipts.flush()
  // Each new device of Hugo begins an epoch.
  const others = [await Person.logIn(stack.url, 'hugo'), await Person.logIn(stack.url, 'hugo')]
  await eventually(() => expect(bob.client.conversation(chat).group?.members()).toHaveLength(4))
  const again = await Person.open(stack.url, 'gina', { store: alice.store, pod: stack.pod(1) })
  await reaches(again, chat, seq, 'read')
  await Promise.all([again, bob, ...others].map((one) => one.offline()))
})

test('without Redis messages go on, and receipts come when it is back', async () => {
  const { alice, bob, chat } = await pair('ines', 'jack')
  await stack.redis.stop()
  const seq = await alice.send(chat, 'Redis is away')
  await bob.sees('Redis is away')
  await reads(bob, chat, seq)
  await bob.client.signals.receipts.flush()
  expect(stateOf(alice, chat, seq)).toBe('stored')
  await stack.restartRedis()
  // A device that connects anew asks for kept signals.
  await alice.offline()
  const again = await Person.open(stack.url, 'ines', { store: alice.store, pod: stack.pod(0) })
  await reaches(again, chat, seq, 'read')
  await Promise.all([again.offline(), bob.offline()])
})

test('a home of a former version begins to tell with its next message', async () => {
  const { alice, bob, chat, seq } = await pair('kate', 'liam')
  await alice.offline()
  await bob.offline()
  const store = memoryStore()
  for (const table of ['conversations', 'groups', 'meta', 'pins', 'chains', 'entries', 'messageIds'] as const) {
    const rows = await bob.store.list(table)
    const kept = rows.filter(({ key }) => !key.startsWith('receipts/') && !key.startsWith('signalKeys/'))
    await store.write(kept.map(({ key, value }) => ({ table, key, value })))
  }
  const upgraded = await Person.open(stack.url, 'liam', { store, pod: stack.pod(1) })
  await upgraded.client.signals.receipts.flush()
  const again = await Person.open(stack.url, 'kate', { store: alice.store, pod: stack.pod(0) })
  const next = await again.send(chat, 'and now')
  await upgraded.sees('and now')
  await reads(upgraded, chat, next)
  await reaches(again, chat, seq, 'read')
  await Promise.all([again.offline(), upgraded.offline()])
})
