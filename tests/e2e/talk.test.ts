import { randomBytes } from 'node:crypto'
import { downloadFile, uploadFile } from '@fastchat/client'
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

const undecryptable = (...people: Person[]) =>
  people.reduce((sum, { client }) => sum + client.counters.undecryptable, 0)

test.each([
  ['two pods', 0, 1],
  ['one pod', 1, 1],
])('two people talk both ways on %s', async (_, one, other) => {
  const alice = await Person.signUp(stack.url, `alice${one}${other}`, { pod: stack.pod(one) })
  const bob = await Person.signUp(stack.url, `bob${one}${other}`, { pod: stack.pod(other) })
  await alice.send(bob, 'hello bob')
  await bob.sees('hello bob')
  await bob.send(alice, 'hello alice')
  await alice.sees('hello alice')
  expect(alice.texts()).toEqual(['hello bob', 'hello alice'])
  await eventually(() => expect(bob.texts()).toEqual(['hello bob', 'hello alice']))
  expect(undecryptable(alice, bob)).toBe(0)
  await Promise.all([alice.offline(), bob.offline()])
})

test('messages sent to an offline device arrive in order at its next login, from any pod', async () => {
  const alice = await Person.signUp(stack.url, 'carla', { pod: stack.pod(0) })
  const bob = await Person.signUp(stack.url, 'dave', { pod: stack.pod(0) })
  await alice.send(bob, 'before')
  await bob.sees('before')
  await bob.offline()
  const missed = Array.from({ length: 30 }, (_, n) => `missed ${n}`)
  for (const text of missed) await alice.send(bob, text)
  const again = await Person.open(stack.url, 'dave', { store: bob.store, pod: stack.pod(1) })
  await again.sees(...missed)
  expect(again.texts()).toEqual(missed)
  expect(undecryptable(alice, again)).toBe(0)
  await Promise.all([alice.offline(), again.offline()])
})

test('a login on another machine makes a second device, which receives later messages', async () => {
  const alice = await Person.signUp(stack.url, 'erin', { pod: stack.pod(0) })
  const bob = await Person.signUp(stack.url, 'frank', { pod: stack.pod(1) })
  await alice.send(bob, 'to the first machine')
  await bob.sees('to the first machine')
  const second = await Person.logIn(stack.url, 'frank', { pod: stack.pod(0) })
  await alice.send(bob, 'to both machines')
  await second.sees('to both machines')
  await bob.sees('to both machines')
  await second.send(alice, 'from the second machine')
  await Promise.all([alice.sees('from the second machine'), bob.sees('from the second machine')])
  expect(second.texts()).toEqual(['to both machines', 'from the second machine'])
  expect(second.client.identity.deviceId).not.toBe(bob.client.identity.deviceId)
  expect(undecryptable(alice, bob, second)).toBe(0)
  await Promise.all([alice.offline(), bob.offline(), second.offline()])
})

test('in a group of three on two pods, all read every message and the group’s name', async () => {
  const ana = await Person.signUp(stack.url, 'ana', { pod: stack.pod(0) })
  const ben = await Person.signUp(stack.url, 'ben', { pod: stack.pod(1) })
  const cleo = await Person.signUp(stack.url, 'cleo', { pod: stack.pod(1) })
  const trip = (await ana.client.createGroup('Trip', [ben.id, cleo.id])).id
  await eventually(() => expect(cleo.client.conversations().map(({ name }) => name)).toEqual(['Trip']))
  await eventually(() => expect(ben.client.conversations().map(({ name }) => name)).toEqual(['Trip']))
  await Promise.all([ana.send(trip, 'from ana'), ben.send(trip, 'from ben'), cleo.send(trip, 'from cleo')])
  for (const person of [ana, ben, cleo]) await person.sees('from ana', 'from ben', 'from cleo')
  expect(ben.texts(trip)).toEqual(ana.texts(trip))
  expect(cleo.texts(trip)).toEqual(ana.texts(trip))
  expect(undecryptable(ana, ben, cleo)).toBe(0)
  await Promise.all([ana.offline(), ben.offline(), cleo.offline()])
})

test('a file arrives unchanged, and only where its message does', async () => {
  const gail = await Person.signUp(stack.url, 'gail', { pod: stack.pod(0) })
  const hugo = await Person.signUp(stack.url, 'hugo', { pod: stack.pod(1) })
  const nosy = await Person.signUp(stack.url, 'nosy')
  const bytes = new Uint8Array(randomBytes(700_001))
  const file = await uploadFile(gail.client.api, { bytes, name: 'photo.jpg', mime: 'image/jpeg' })
  const { id } = await gail.client.openDirect(hugo.id)
  const message = gail.client.newId()
  const payload = { v: 1, kind: 'image', file, width: 10, height: 10 } as const
  await gail.client.conversation(id).outbox.queue(message, payload, [file.attachment])
  await gail.client.conversation(id).outbox.whenStored(message)
  await eventually(() => expect(hugo.shown.some((entry) => entry.payload?.kind === 'image')).toBe(true))
  expect(await downloadFile(hugo.client.api, file)).toEqual(bytes)
  await expect(downloadFile(nosy.client.api, file)).rejects.toMatchObject({ code: 'not_found' })
  await Promise.all([gail.offline(), hugo.offline(), nosy.offline()])
})
