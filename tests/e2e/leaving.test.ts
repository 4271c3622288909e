import { type ConversationId, chatOperations } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loseNextCommitAnswer } from '../support/commit-answers.ts'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())

/** Signs up people on alternating pods and makes a group of them, whose admin is the first. */
async function groupOf<const Names extends readonly [string, ...string[]]>(...names: Names) {
  const made = await Promise.all(
    names.map((name) => Person.signUp(stack.url, `${name}-${++turn}`, { pod: stack.pod(turn % 2) })),
  )
  // There is a person for each name.
  const people = made as { [At in keyof Names]: Person }
  const [admin, ...others] = made
  if (!admin) throw new Error('nobody')
  const group = (
    await admin.client.createGroup(
      'Group',
      others.map(({ id }) => id),
    )
  ).id
  for (const one of others) await isIn(one, group)
  return { people, group }
}

const record = (one: Person, group: ConversationId) => one.client.conversation(group).record
const isIn = (one: Person, group: ConversationId) =>
  eventually(() => expect(record(one, group).status, one.report()).toBe('active'))
const leave = (one: Person, group: ConversationId) => one.client.conversation(group).leave(one.client.newId())
const membersOf = (one: Person, group: ConversationId) =>
  record(one, group)
    .members.map(({ userId }) => userId)
    .toSorted()
const idsOf = (...people: Person[]) => people.map(({ id }) => id).toSorted()
/** Returns the events of one kind that this device shows. */
const eventsOf = (one: Person, kind: string) =>
  one.shown.flatMap(({ event, from }) =>
    event?.kind === kind ? [{ from, ...('users' in event && { users: event.users }) }] : [],
  )
const nothingWrong = (...people: Person[]) => {
  for (const one of people) {
    expect(one.client.counters.undecryptable, one.report()).toBe(0)
    expect(one.troubles.map(({ message }) => message)).toEqual([])
  }
}

test('in a group of two, a member who leaves and is added again at once can still talk', async () => {
  const { people, group } = await groupOf('ann', 'ben')
  const [ann, ben] = people
  await ben.send(group, 'before')
  await ann.sees('before')
  await leave(ben, group)
  const added = ann.within(ann.client.addMembers(group, [ben.id]), 'adding ben')
  const sent = ann.send(group, 'while ben is added')
  await Promise.all([added, sent])
  // Until he has read that he was added, he counts as one who has left.
  await eventually(() => expect(eventsOf(ben, 'invited'), ben.report()).toHaveLength(2))
  await isIn(ben, group)
  await ann.send(group, 'with ben')
  await ben.send(group, 'here again')
  await Promise.all([ben.sees('with ben'), ann.sees('here again')])
  expect(membersOf(ann, group)).toEqual(idsOf(ann, ben))
  expect(eventsOf(ann, 'left')).toEqual([{ from: ben.id, users: [ben.id] }])
  expect(eventsOf(ann, 'added').at(-1)).toEqual({ from: ann.id, users: [ben.id] })
  expect(eventsOf(ben, 'invited').at(-1)).toEqual({ from: ann.id })
  nothingWrong(ann, ben)
})

test('after a committed removal whose answer was lost, the addition follows', async () => {
  const { people, group } = await groupOf('ann', 'ben')
  const [ann, ben] = people
  await leave(ben, group)
  await eventually(() => expect(record(ann, group).departed).toEqual([ben.id]))
  const { lost } = loseNextCommitAnswer(ann)
  await ann.within(ann.client.addMembers(group, [ben.id]), 'adding ben')
  expect(lost()).toBe(1)
  await eventually(() => expect(eventsOf(ben, 'invited')).toHaveLength(2))
  await ben.send(group, 'here again')
  await ann.sees('here again')
  nothingWrong(ann, ben)
})

test.each([['leaving first'], ['adding first']])(
  'a member who leaves and is added at the same moment, %s, is out or in on all devices alike',
  async (order) => {
    const { people, group } = await groupOf('ann', 'ben', 'cleo')
    const [ann, ben, cleo] = people
    const acts = [() => leave(ben, group), () => ann.client.addMembers(group, [ben.id])]
    if (order === 'adding first') acts.reverse()
    await Promise.all(acts.map((act) => act()))
    await ann.send(group, 'after')
    await cleo.sees('after')
    await ann.client.addMembers(group, [ben.id])
    await isIn(ben, group)
    await eventually(() => {
      for (const one of people) expect(membersOf(one, group), one.report()).toEqual(idsOf(...people))
    })
    await eventually(() => expect(eventsOf(ben, 'left')).toHaveLength(1))
    await ann.send(group, 'to all')
    await Promise.all([ben.sees('to all'), cleo.sees('to all')])
    nothingWrong(...people)
  },
)

test('another person can be added while a removal is awaited', async () => {
  const { people, group } = await groupOf('ann', 'ben')
  const [ann, ben] = people
  const carol = await Person.signUp(stack.url, `carol-${++turn}`)
  await leave(ben, group)
  await ann.within(ann.client.addMembers(group, [carol.id]), 'adding carol')
  await isIn(carol, group)
  await ann.send(group, 'to carol')
  await carol.sees('to carol')
  await ann.within(ann.client.addMembers(group, [ben.id, carol.id]), 'adding ben')
  await eventually(() => expect(eventsOf(ben, 'invited')).toHaveLength(2))
  await ben.send(group, 'to both')
  await Promise.all([ann.sees('to both'), carol.sees('to both')])
  expect(ben.texts(group)).not.toContain('to carol')
  nothingWrong(ann, ben, carol)
})

test('after a member has left and come back, their other device reads the messages of both memberships and none between', async () => {
  const { people, group } = await groupOf('ann', 'ben', 'cleo')
  const [ann, ben, cleo] = people
  const other = await Person.logIn(stack.url, ben.name)
  await isIn(other, group)
  await ann.send(group, 'one')
  await other.sees('one')
  await other.offline()
  await ann.send(group, 'two')
  await ben.sees('two')
  // The text was written while away, for the members of that time.
  const queued = await other.queue(group, 'never said')
  const refused: string[] = []
  other.client.on('failed', ({ id }) => refused.push(id))
  await leave(ben, group)
  await cleo.send(group, 'without ben')
  await ann.sees('without ben')
  await ann.client.addMembers(group, [ben.id])
  await ann.send(group, 'three')
  await other.online()
  await other.sees('two', 'three')
  await ben.sees('three')
  await isIn(other, group)
  await other.send(group, 'from the other')
  await Promise.all([ann.sees('from the other'), cleo.sees('from the other'), ben.sees('from the other')])
  expect(other.texts(group)).toEqual(['one', 'two', 'three', 'from the other'])
  expect(refused).toEqual([queued.id])
  for (const one of [ann, ben, cleo]) expect(one.texts(group)).not.toContain('never said')
  nothingWrong(ann, ben, cleo, other)
})

test('a commit of an admin who has left is ignored, and not repeated when the admin is added again', async () => {
  const { people, group } = await groupOf('ann', 'ben', 'cleo')
  const [ann, ben, cleo] = people
  await ann.client.setRole(group, ben.id, 'admin')
  await eventually(() =>
    expect(record(ben, group).members.every(({ role, userId }) => userId === cleo.id || role !== 'member')).toBe(true),
  )
  await leave(ann, group)
  await expect(ann.within(ann.client.removeMembers(group, [cleo.id]), 'removing cleo')).rejects.toBeDefined()
  await ben.client.addMembers(group, [ann.id])
  await eventually(() => expect(eventsOf(ann, 'invited').at(-1)).toEqual({ from: ben.id }))
  await ann.send(group, 'a member')
  await Promise.all([ben.sees('a member'), cleo.sees('a member')])
  const { members } = await ben.client.api.call(chatOperations.getConversation, { params: { conversation: group } })
  const roleOf = (one: Person) => members.find(({ userId }) => userId === one.id)?.role
  expect([ann, ben, cleo].map(roleOf)).toEqual(['member', 'owner', 'member'])
})
