import { Group } from '@fastchat/crypto'
import { eventually } from '@fastchat/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { raceNextCommits } from '../support/commit-answers.ts'
import { deviceOf, Person, raisedAlarms } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

let stack: Stack
let turn = 0
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())
afterEach(() => expect(raisedAlarms).toEqual([]))

/** Signs up people with these names on alternating pods. */
const people = (...names: string[]) =>
  Promise.all(names.map((name) => Person.signUp(stack.url, `${name}-${++turn}`, { pod: stack.pod(turn % 2) })))
const named = (group: ConversationOf, ...members: Person[]) =>
  Promise.all(
    members.map((one) => eventually(() => expect(one.client.conversation(group).record.status).toBe('active'))),
  )
type ConversationOf = Parameters<Person['client']['conversation']>[0]
/** Returns all entries of a conversation that the server has. */
const logOf = (group: ConversationOf) =>
  stack.sql(
    'select seq, message.kind, envelope from message join conversation on conversation.id = conversation_id where pub_id = $1 order by seq',
    [group],
  )
const memberIds = (person: Person, group: ConversationOf) =>
  person.client
    .conversation(group)
    .record.members.map(({ userId }) => userId)
    .toSorted()

test('an admin adds and removes a member, who gets the removal and nothing after it', async () => {
  const [ana, ben, cleo] = await people('ana', 'ben', 'cleo')
  if (!ana || !ben || !cleo) throw new Error('three people')
  const group = (await ana.client.createGroup('Group', [ben.id])).id
  await named(group, ben)
  await ana.send(group, 'before cleo')
  const packages = async () => (await cleo.store.list('keyPackages')).map(({ key }) => key)
  const before = await packages()
  await ana.client.addMembers(group, [cleo.id])
  await named(group, cleo)
  // The private key that opened the welcome is gone.
  const after = await packages()
  expect(before.filter((ref) => !after.includes(ref))).toHaveLength(1)
  await ana.send(group, 'with cleo')
  await Promise.all([ben.sees('before cleo', 'with cleo'), cleo.sees('with cleo')])
  expect(cleo.texts(group)).toEqual(['with cleo'])
  await ana.client.removeMembers(group, [cleo.id])
  await eventually(() => expect(cleo.client.conversation(group).record.status).toBe('removed'))
  await ana.send(group, 'without cleo')
  await ben.sees('without cleo')
  await eventually(() => expect(cleo.shown.at(-1)?.event).toMatchObject({ kind: 'removed', users: [cleo.id] }))
  expect(cleo.texts(group)).toEqual(['with cleo'])
  await expect(cleo.send(group, 'still here?')).rejects.toMatchObject({ code: 'not_a_member' })
})

test('a removed member cannot read later messages with the raw log and all former keys', async () => {
  const [ana, ben, cleo] = await people('ana', 'ben', 'cleo')
  if (!ana || !ben || !cleo) throw new Error('three people')
  const group = (await ana.client.createGroup('Group', [ben.id, cleo.id])).id
  await named(group, ben, cleo)
  const control = await ana.send(group, 'for three')
  await cleo.sees('for three')
  const keys = cleo.client.conversation(group).group
  if (!keys) throw new Error('cleo has no group')
  const readers = await Group.decode(keys.encode(), deviceOf(cleo))
  const fourth = await ana.send(group, 'also for three')
  await ana.client.removeMembers(group, [cleo.id])
  const later = await ana.send(group, 'for two')
  await ben.sees('for two')
  const log = await logOf(group)
  const envelopeAt = (seq: number) => log.find((row) => Number(row.seq) === seq)?.envelope as Uint8Array
  const checks = { trust: () => true, departed: [], revoked: [] }
  expect((await readers.process(envelopeAt(fourth), checks)).event).toMatchObject({ type: 'message' })
  await expect(readers.process(envelopeAt(later), checks)).rejects.toMatchObject({ name: 'CannotProcess' })
  const removal = await readers.process(envelopeAt(later - 1), checks)
  await expect(removal.group.process(envelopeAt(later), checks)).rejects.toMatchObject({ name: 'CannotProcess' })
  expect(control).toBeLessThan(fourth)
})

test('a member who is not an admin cannot add or remove', async () => {
  const [ana, ben, cleo] = await people('ana', 'ben', 'cleo')
  if (!ana || !ben || !cleo) throw new Error('three people')
  const group = (await ana.client.createGroup('Group', [ben.id])).id
  await named(group, ben)
  await expect(ben.client.addMembers(group, [cleo.id])).rejects.toMatchObject({ code: 'admins_only' })
  await expect(ben.client.removeMembers(group, [ana.id])).rejects.toMatchObject({ code: 'admins_only' })
  await ben.send(group, 'all as before')
  await ana.sees('all as before')
  expect(memberIds(ana, group)).toEqual([ana.id, ben.id].toSorted())
})

test.each([
  ['with an answer', false],
  ['without an answer', true],
])('when two admins commit at once, one wins %s and the other’s change follows', async (_, losesAnswer) => {
  const [ana, ben, cleo, dora] = await people('ana', 'ben', 'cleo', 'dora')
  if (!ana || !ben || !cleo || !dora) throw new Error('four people')
  const group = (await ana.client.createGroup('Group', [ben.id])).id
  await named(group, ben)
  await ana.client.setRole(group, ben.id, 'admin')
  await eventually(() =>
    expect(ben.client.conversation(group).record.members.every(({ role }) => role !== 'member')).toBe(true),
  )
  const ends = raceNextCommits([ana, ben], { losesAnswer })
  await Promise.all([ana.client.addMembers(group, [cleo.id]), ben.client.addMembers(group, [dora.id])])
  expect(ends.toSorted()).toEqual(['accepted', 'stale_epoch'])
  await named(group, cleo, dora)
  await ana.send(group, 'all here')
  await Promise.all([ben, cleo, dora].map((one) => one.sees('all here')))
  expect(memberIds(dora, group)).toHaveLength(4)
  // One commit for the group, one for the second admin, and one for each newcomer.
  expect((await logOf(group)).filter(({ kind }) => kind === 1)).toHaveLength(4)
})

test('two people who open a direct chat at once get one conversation, and both read everything', async () => {
  const [ana, ben] = await people('ana', 'ben')
  if (!ana || !ben) throw new Error('two people')
  await Promise.all([ana.send(ben, 'ana first'), ben.send(ana, 'ben first')])
  await Promise.all([ana.sees('ana first', 'ben first'), ben.sees('ana first', 'ben first')])
  expect(ana.client.conversations()).toHaveLength(1)
  expect(ana.client.conversations()[0]?.conversation).toBe(ben.client.conversations()[0]?.conversation)
  expect(ana.texts()).toEqual(ben.texts())
})

test('after a member has left, only the remaining members can read the next message', async () => {
  const [ana, ben, cleo] = await people('ana', 'ben', 'cleo')
  if (!ana || !ben || !cleo) throw new Error('three people')
  const group = (await ana.client.createGroup('Group', [ben.id, cleo.id])).id
  await named(group, ben, cleo)
  await ana.send(group, 'three of us')
  await cleo.sees('three of us')
  const keys = cleo.client.conversation(group).group
  if (!keys) throw new Error('cleo has no group')
  let readers = await Group.decode(keys.encode(), deviceOf(cleo))
  const { cursor } = cleo.client.conversation(group).record
  await cleo.client.conversation(group).leave(cleo.client.newId())
  const later = await ben.send(group, 'two of us')
  await ana.sees('two of us')
  expect(memberIds(ana, group)).toEqual([ana.id, ben.id].toSorted())
  await eventually(() =>
    expect(cleo.client.conversation(group).record.members.map(({ userId }) => userId)).not.toContain(cleo.id),
  )
  expect(cleo.texts(group)).toEqual(['three of us'])
  expect(ana.shown.map(({ event }) => event?.kind)).toContain('left')
  // Nor with the raw log and all her former keys.
  const checks = { trust: () => true, departed: [cleo.id], revoked: [] }
  const refusals: number[] = []
  for (const { seq, kind, envelope } of await logOf(group)) {
    if (Number(seq) <= cursor || (kind !== 0 && kind !== 1)) continue
    const read = await readers.process(envelope as Uint8Array, checks).catch(() => refusals.push(Number(seq)))
    if (typeof read === 'object') readers = read.group
  }
  expect(readers.isMember).toBe(false)
  expect(refusals).toContain(later)
})

test('the last admin cannot leave the others behind', async () => {
  const [ana, ben] = await people('ana', 'ben')
  if (!ana || !ben) throw new Error('two people')
  const group = (await ana.client.createGroup('Group', [ben.id])).id
  await named(group, ben)
  await expect(ana.client.conversation(group).leave(ana.client.newId())).rejects.toMatchObject({ code: 'last_admin' })
  await ana.client.setRole(group, ben.id, 'admin')
  await ana.client.conversation(group).leave(ana.client.newId())
  await ben.send(group, 'alone')
  expect(memberIds(ben, group)).toEqual([ben.id])
})

test('a person without key packages is added, and joins at the next login', async () => {
  const [ana, ben] = await people('ana', 'ben')
  if (!ana || !ben) throw new Error('two people')
  await ben.offline()
  await stack.sql('delete from key_package where device_id in (select id from device where pub_id = $1)', [
    ben.client.identity.deviceId,
  ])
  const group = (await ana.client.createGroup('Group', [ben.id])).id
  await ana.send(group, 'before ben could join')
  const again = await Person.open(stack.url, ben.name, { store: ben.store })
  await named(group, again)
  await ana.send(group, 'welcome ben')
  await again.sees('welcome ben')
  await again.send(group, 'thanks')
  await ana.sees('thanks')
  expect(again.texts(group)).toEqual(['welcome ben', 'thanks'])
})

test('a person added and removed while offline later reads the messages from in between, and nothing else', async () => {
  const [ana, ben, cleo] = await people('ana', 'ben', 'cleo')
  if (!ana || !ben || !cleo) throw new Error('three people')
  const group = (await ana.client.createGroup('Group', [ben.id])).id
  await named(group, ben)
  await ana.send(group, 'ben is here')
  await ben.sees('ben is here')
  await Promise.all([ben.offline(), cleo.offline()])
  await ana.client.removeMembers(group, [ben.id])
  await ana.send(group, 'alone')
  // Cleo does not know this group.
  for (const stay of ['first', 'second']) {
    await ana.client.addMembers(group, [ben.id, cleo.id])
    await ana.send(group, `${stay} stay`)
    await ana.client.removeMembers(group, [ben.id, cleo.id])
    await ana.send(group, `after the ${stay}`)
  }
  await Promise.all([ben.online(), cleo.online()])
  await Promise.all([ben, cleo].map((one) => one.sees('first stay', 'second stay')))
  for (const one of [ben, cleo])
    await eventually(() => expect(one.client.conversation(group).record.status, one.report()).toBe('removed'))
  expect(ben.texts(group)).toEqual(['ben is here', 'first stay', 'second stay'])
  expect(cleo.texts(group)).toEqual(['first stay', 'second stay'])
  for (const one of [ben, cleo]) {
    expect(one.client.counters.undecryptable).toBe(0)
    expect(one.shown.filter(({ type }) => type === 'unreadable')).toEqual([])
  }
  // After their acks, the next commit removes their welcomes. Ana's came with the first.
  const welcomes = async () =>
    (
      await stack.sql(
        'select seq from welcome w join conversation c on c.id = w.conversation_id where c.pub_id = $1 order by seq',
        [group],
      )
    ).map(({ seq }) => Number(seq))
  expect((await welcomes()).length).toBeGreaterThanOrEqual(3)
  await Promise.all([ben.offline(), cleo.offline()])
  await eventually(async () => {
    const acked = await stack.sql(
      `select from device_cursor p join conversation c on c.id = p.conversation_id join device d on d.id = p.device_id
       where c.pub_id = $1 and d.pub_id = any ($2)
         and p.acked_seq >= (select max(seq) from welcome w where w.conversation_id = c.id)`,
      [group, [ben, cleo].map(({ client }) => client.identity.deviceId)],
    )
    expect(acked).toHaveLength(2)
  })
  await ana.client.addMembers(group, [ben.id])
  expect(await welcomes()).toEqual([1, ben.client.conversation(group).record.cursor + 2])
})
