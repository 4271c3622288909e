import { signVote } from '@fastchat/crypto'
import { type ConversationId, toBase64Url } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { deviceOf, Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
let ann: Person
let ben: Person
let cleo: Person
let dan: Person
let group: ConversationId
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())

/** Ann is the only admin of a group with three others. */
beforeEach(async () => {
  turn++
  const names = ['ann', 'ben', 'cleo', 'dan'].map((name) => `${name}-${turn}`)
  const people = await Promise.all(names.map((name, n) => Person.signUp(stack.url, name, { pod: stack.pod(n % 2) })))
  ;[ann, ben, cleo, dan] = people as [Person, Person, Person, Person]
  group = (await ann.client.createGroup('Group', [ben.id, cleo.id, dan.id])).id
  await ann.send(group, 'before')
  await Promise.all([ben, cleo, dan].map((one) => one.sees('before')))
})

const deleteAccount = (one: Person) => stack.sql('select delete_account($1)', [one.name])
const record = (one: Person) => one.client.conversation(group).record
const adminsOf = (one: Person) => record(one).members.flatMap(({ userId, role }) => (role === 'member' ? [] : [userId]))
const eventsOf = (one: Person, kind: string) => one.shown.flatMap(({ event }) => (event?.kind === kind ? [event] : []))
const vote = (one: Person) => one.within(one.client.voteForNewAdmin(group), 'voting')
/** The vote of a client that does not ask the directory. */
const voteUnasked = async (one: Person) => {
  const { conversation, groupNo, roster } = one.client.conversation(group).group ?? expect.fail('no group')
  const { sig } = signVote(deviceOf(one), { conversation, groupNo, roster })
  const { outbox } = one.client.conversation(group)
  const id = one.client.newId()
  await outbox.queue(id, { v: 1, kind: 'vote', sig: toBase64Url(sig) })
  await outbox.whenStored(id)
}

test('when the only admin is deleted, two of three members elect the longest member', async () => {
  await deleteAccount(ann)
  expect(await vote(cleo)).toEqual({ votes: 1, needed: 2 })
  await eventually(() => expect(eventsOf(dan, 'voted')).toEqual([{ kind: 'voted', votes: 1, needed: 2 }]))
  expect(adminsOf(dan)).toEqual([ann.id])

  expect(await vote(dan)).toEqual({ votes: 2, needed: 2 })
  for (const one of [ben, cleo, dan]) {
    await eventually(() => expect(adminsOf(one), one.report()).toEqual([ben.id]))
    expect(record(one).members.map(({ userId }) => userId)).not.toContain(ann.id)
    expect(eventsOf(one, 'elected')).toEqual([{ kind: 'elected', users: [ben.id], removed: [ann.id] }])
  }

  const eve = await Person.signUp(stack.url, `eve-${turn}`, { pod: stack.pod(0) })
  await ben.within(ben.client.addMembers(group, [eve.id]), 'adding eve')
  await ben.send(group, 'with eve')
  for (const one of [cleo, dan, eve]) await one.sees('with eve')
  for (const one of [ben, cleo, dan, eve]) expect(one.client.counters.undecryptable, one.report()).toBe(0)
})

test('a vote is rejected while the admin has an account', async () => {
  await expect(ben.client.voteForNewAdmin(group)).rejects.toMatchObject({
    code: 'admin_present',
    message: expect.stringContaining(ann.name),
  })
  expect(eventsOf(cleo, 'voted')).toEqual([])
})

test('the server refuses an election while the admin has an account', async () => {
  for (const one of [ben, cleo, dan]) await voteUnasked(one)
  await eventually(() =>
    expect(
      dan.troubles.some((error) => 'code' in error && error.code === 'admin_present'),
      dan.report(),
    ).toBe(true),
  )
  expect(adminsOf(dan)).toEqual([ann.id])
  await ann.send(group, 'still here')
  await Promise.all([ben, cleo, dan].map((one) => one.sees('still here')))
})

test('a server that calls the admin deleted elects nobody without the votes of the members', async () => {
  await stack.sql('update "user" set deleted_at = now() where pub_id = $1', [ann.id])
  expect(await vote(ben)).toEqual({ votes: 1, needed: 2 })
  await ann.send(group, 'what is going on?')
  await Promise.all([ben, cleo, dan].map((one) => one.sees('what is going on?')))
  for (const one of [ann, ben, cleo, dan]) expect(adminsOf(one)).toEqual([ann.id])
  expect(eventsOf(ann, 'voted')).toEqual([{ kind: 'voted', votes: 1, needed: 2 }])
})

test('a change of the roster ends the votes', async () => {
  await stack.sql('update "user" set deleted_at = now() where pub_id = $1', [ann.id])
  expect(await vote(cleo)).toMatchObject({ votes: 1 })
  await ann.within(ann.client.setRole(group, dan.id, 'admin'), 'promoting dan')
  await eventually(() => expect(adminsOf(ben)).toHaveLength(2))
  expect(record(ben).votes).toBeUndefined()
})

test('when the owner is deleted, more than half of the admins elect the longest admin as owner', async () => {
  await ann.within(ann.client.setRole(group, cleo.id, 'admin'), 'promoting cleo')
  await ann.within(ann.client.setRole(group, dan.id, 'admin'), 'promoting dan')
  await Promise.all([ben, cleo, dan].map((one) => eventually(() => expect(adminsOf(one)).toHaveLength(3))))
  // While the owner has an account, clients do not vote, and the server refuses other votes.
  await expect(cleo.client.voteForNewAdmin(group)).rejects.toMatchObject({ code: 'admin_present' })
  await deleteAccount(ann)
  // A member votes about the admins, and they have accounts.
  await expect(ben.client.voteForNewAdmin(group)).rejects.toMatchObject({ code: 'admin_present' })
  expect(await vote(dan)).toEqual({ votes: 1, needed: 2 })
  await eventually(() =>
    expect(eventsOf(ben, 'voted')).toEqual([{ kind: 'voted', votes: 1, needed: 2, office: 'owner' }]),
  )
  expect(await vote(cleo)).toEqual({ votes: 2, needed: 2 })
  for (const one of [ben, cleo, dan]) {
    await eventually(() =>
      expect(record(one).members, one.report()).toEqual([
        { userId: ben.id, role: 'member' },
        { userId: cleo.id, role: 'owner' },
        { userId: dan.id, role: 'admin' },
      ]),
    )
    expect(eventsOf(one, 'elected')).toEqual([
      { kind: 'elected', users: [cleo.id], removed: [ann.id], office: 'owner' },
    ])
  }
  await cleo.client.groups.demote(group, dan.id)
  await ben.send(group, 'under a new owner')
  await Promise.all([cleo, dan].map((one) => one.sees('under a new owner')))
})

test('the server refuses to replace an owner who has an account, also with the votes of all admins', async () => {
  await ann.within(ann.client.setRole(group, cleo.id, 'admin'), 'promoting cleo')
  await eventually(() => expect(adminsOf(cleo)).toHaveLength(2))
  await voteUnasked(cleo)
  await eventually(() =>
    expect(
      cleo.troubles.some((error) => 'code' in error && error.code === 'admin_present'),
      cleo.report(),
    ).toBe(true),
  )
  await ann.send(group, 'still mine')
  await ben.sees('still mine')
  expect(record(ben).members[0]).toEqual({ userId: ann.id, role: 'owner' })
})
