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

/** Makes the entries of the log older by these days, and cleans up as the servers do. */
async function daysPass(days: number): Promise<void> {
  // One transaction, so that no pod cleans up between the statements.
  await stack.sql(`
    select from conversation for no key update;
    update message set created_at = created_at - interval '${days} days';
    select retire_entries(0, '45 days', '31 days', 100000, 100000)`)
}

test('a device that returns after old messages were deleted is told so, and reads the rest', async () => {
  const alice = await Person.signUp(stack.url, 'alice')
  const bob = await Person.signUp(stack.url, 'bob')
  const carol = await Person.signUp(stack.url, 'carol')
  const { id: group } = await alice.client.createGroup('Trips', [bob.id])
  await alice.send(group, 'seen')
  await bob.sees('seen')
  await bob.offline()
  await alice.send(group, 'gone 1')
  await alice.client.addMembers(group, [carol.id])
  await alice.send(group, 'gone 2')
  await carol.sees('gone 2')
  await daysPass(50)
  await alice.send(group, 'kept')

  await bob.online()
  await alice.send(group, 'after')
  await bob.sees('after')
  await bob.send(group, 'I am back')
  await alice.sees('I am back')
  await carol.sees('I am back')
  expect(bob.texts(group).filter((text) => text.startsWith('gone'))).toEqual([])
  expect(bob.shown.filter(({ type }) => type === 'gap')).not.toEqual([])
  expect(bob.client.conversation(group).record.members).toHaveLength(3)
  expect([alice, bob, carol].map(({ client }) => client.counters.undecryptable)).toEqual([0, 0, 0])
})

test('messages that every device has are deleted unnoticed', async () => {
  const dave = await Person.signUp(stack.url, 'dave')
  const erin = await Person.signUp(stack.url, 'erin')
  await dave.send(erin, 'one')
  await erin.sees('one')
  const acked = async () =>
    expect(
      await stack.sql('select 1 from conversation c where kind = 0 and last_seq = acked_by_all(c.id, 0)'),
    ).toHaveLength(1)
  await eventually(acked, { timeoutMs: 20_000 })
  await erin.offline()
  await daysPass(35)
  expect(await stack.sql('select 1 from conversation where kind = 0 and floor_seq = last_seq')).toHaveLength(1)
  await erin.online()
  await dave.send(erin, 'two')
  await erin.sees('two')
  expect(erin.shown.filter(({ type }) => type === 'gap')).toEqual([])
})
