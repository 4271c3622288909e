import { type ConversationId, chatOperations } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
let ann: Person
let ben: Person
let cleo: Person
let group: ConversationId
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())

beforeEach(async () => {
  turn++
  const names = ['ann', 'ben', 'cleo'].map((name) => `${name}-${turn}`)
  const people = await Promise.all(names.map((name, n) => Person.signUp(stack.url, name, { pod: stack.pod(n % 2) })))
  ;[ann, ben, cleo] = people as [Person, Person, Person]
  group = (await ann.client.createGroup('Group', [ben.id, cleo.id])).id
  await ann.send(group, 'before')
  await Promise.all([ben.sees('before'), cleo.sees('before')])
})

const all = () => [ann, ben, cleo]
const record = (one: Person) => one.client.conversation(group).record
const kinds = (one: Person) => one.shown.flatMap(({ event }) => event?.kind ?? [])
const doubts = (one: Person) => one.troubles.filter((error) => 'code' in error && error.code === 'unproven_departure')
const commits = async () =>
  Number(
    (
      await stack.sql(
        'select count(*) from message join conversation c on c.id = conversation_id where c.pub_id = $1 and message.kind = 1',
        [group],
      )
    )[0]?.count,
  )

/**
 * The server claims that a member left with the entry at that position, and answers sends with
 * `commit_first`.
 */
async function saysHasLeft(one: Person, seq: number): Promise<void> {
  await stack.sql(
    `update member set departed_seq = $3 where conversation_id = (select id from conversation where pub_id = $1)
     and user_id = (select id from "user" where pub_id = $2)`,
    [group, one.id, seq],
  )
  await stack.sql('update conversation set pending_ver = pending_ver + 1 where pub_id = $1', [group])
}

async function saysNothingMore(): Promise<void> {
  await stack.sql(
    'update member set departed_seq = null where conversation_id = (select id from conversation where pub_id = $1)',
    [group],
  )
  await stack.sql('update conversation set pending_ver = 0 where pub_id = $1', [group])
}

/** Expects that the lies had no effect: the waiting message is sent to all earlier members. */
async function goesOn(text: string): Promise<void> {
  await saysNothingMore()
  await Promise.all([ben.sees(text), cleo.sees(text)])
  const ids = all().map(({ id }) => id)
  for (const one of all()) {
    expect(
      record(one)
        .members.map(({ userId }) => userId)
        .toSorted(),
    ).toEqual(ids.toSorted())
    expect(record(one)).toMatchObject({ status: 'active', departed: [] })
    expect(one.client.counters.undecryptable).toBe(0)
  }
}

test('a member who left only by the server’s word is not removed; the message waits, and the reason is shown', async () => {
  const before = await commits()
  await saysHasLeft(cleo, Number(record(ann).cursor))
  const { id } = await ann.queue(group, 'to all three')
  await eventually(() => expect(doubts(ann), ann.report()).toHaveLength(1))
  const [doubt] = doubts(ann)
  expect(doubt?.message).toContain(`The server says that ${cleo.name} has left, and does not prove it`)
  expect(ann.shown.filter(({ event }) => event?.kind === 'trouble')).toMatchObject([
    { from: cleo.id, event: { code: 'unproven_departure' } },
  ])
  // The server refuses a change of the group in the same way, and nobody is removed.
  const promoted = ann.client.setRole(group, ben.id, 'admin')
  const { members, departures } = await ann.client.api.call(chatOperations.getConversation, {
    params: { conversation: group },
  })
  expect(members.find(({ userId }) => userId === cleo.id)).toMatchObject({ departed: true })
  expect(departures).toHaveLength(1)
  expect(ann.client.conversation(group).outbox.records.has(id)).toBe(true)
  expect(await commits()).toBe(before)
  await goesOn('to all three')
  await promoted
  expect(await commits()).toBe(before + 1)
  for (const one of all()) expect(kinds(one)).not.toContain('left')
  expect(doubts(ann)).toHaveLength(1)
})

test('an old leave statement that is replayed after the member was added again is ignored', async () => {
  await cleo.client.conversation(group).leave(cleo.client.newId())
  const [old] = await stack.sql(
    `select seq, envelope from message join conversation c on c.id = conversation_id where c.pub_id = $1 and message.kind = 2`,
    [group],
  )
  await ann.client.addMembers(group, [cleo.id])
  await eventually(() => expect(kinds(cleo).filter((kind) => kind === 'invited')).toHaveLength(2))
  await ann.send(group, 'cleo is back')
  await Promise.all([ben.sees('cleo is back'), cleo.sees('cleo is back')])
  const before = await commits()
  const [entry] = await stack.sql(
    `with grown as (update conversation set last_seq = last_seq + 1 where pub_id = $1 returning id, last_seq),
       stored as (insert into message (conversation_id, seq, sender_device, client_id, kind, envelope)
         select grown.id, grown.last_seq, device.id, $2, 2, $3 from grown, device where device.pub_id = $4),
       told as (insert into append_feed (convs, heads) select array[id], array[last_seq] from grown)
     select last_seq from grown`,
    [group, cleo.client.newId(), old?.envelope, cleo.client.identity.deviceId],
  )
  await saysHasLeft(cleo, Number(entry?.last_seq))
  for (const one of all())
    await eventually(() => expect(record(one).cursor, one.report()).toBeGreaterThanOrEqual(Number(entry?.last_seq)))
  const { departures } = await ann.client.api.call(chatOperations.getConversation, { params: { conversation: group } })
  expect(departures.map((statement) => Buffer.from(statement, 'base64url'))).toEqual([old?.envelope])
  await ann.queue(group, 'to all three')
  await eventually(() => expect(doubts(ann), ann.report()).toHaveLength(1))
  expect(await commits()).toBe(before)
  await goesOn('to all three')
  expect(await commits()).toBe(before)
  // She left once.
  for (const one of all()) expect(kinds(one).filter((kind) => kind === 'left')).toHaveLength(1)
})
