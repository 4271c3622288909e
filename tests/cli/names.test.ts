import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  closeMachines()
  await stack.stop()
})

test('a name in capitals or full width means the same person, who is in a group once', async () => {
  const ann = new Machine(stack.url)
  expect((await ann.must('signup', 'Ann')).out).toContain('Signed in as ann.')
  await Machine.of(stack.url, 'ben')
  expect(await new Machine(stack.url).run('signup', 'ＡＮＮ')).toMatchObject({
    code: 1,
    err: expect.stringContaining('taken'),
  })
  const made = await ann.must('group', 'create', 'Cafe\u0301 👨‍👩‍👧', 'ben', '@Ben', 'ＢＥＮ', 'ANN', '--json')
  expect(made.objects[0]).toMatchObject({ name: 'Caf\u00e9 👨‍👩‍👧', members: ['ann', 'ben'] })
  const members = await ann.must('group', 'members', 'CAFÉ 👨‍👩‍👧', '--json')
  expect(members.objects.map(({ username }) => username).sort()).toEqual(['ann', 'ben'])
  await ann.must('send', 'BEN', 'hello')
  expect(await ann.texts('@Ben')).toEqual(['hello'])
})

test('a name of a group without its quotes: the command to type is said', async () => {
  const [gil] = [await Machine.of(stack.url, 'gil'), await Machine.of(stack.url, 'hana')]
  expect(await gil.run('group', 'create', 'Road', 'Trip', 'hana')).toMatchObject({
    code: 64,
    err: `There is no user called trip. If that is part of the group's name, put the name in quotes: fastchat group create "Road Trip" hana\n`,
  })
  await gil.must('group', 'create', 'Road Trip')
  expect(await gil.run('group', 'add', 'road', 'trip', 'hana')).toMatchObject({
    code: 64,
    err: 'There is no group called road. Put the name in quotes: fastchat group add "road trip" hana\n',
  })
  expect(await gil.run('group', 'add', 'nowhere', 'hana')).toMatchObject({ code: 1 })
  const typed = gil.start([])
  typed.child.stdin?.end('/group new Long Way\n')
  expect((await typed.ended).err).toContain('/group new "Long Way"')
})

test('more people than a group may have are told with the limit, before anything is made', async () => {
  const ina = await Machine.of(stack.url, 'ina')
  const names = Array.from({ length: 250 }, (_, n) => `person${n}`)
  expect(await ina.run('group', 'create', 'crowd', ...names)).toMatchObject({
    code: 64,
    err: 'A group has at most 250 members, and this would make 251. Name fewer people\n',
  })
})

test('adding or removing oneself changes nothing, and is answered in words', async () => {
  const cat = await Machine.of(stack.url, 'cat')
  await Machine.of(stack.url, 'dan')
  const own = await cat.must('group', 'create', 'own', 'cat', 'dan')
  expect(own).toMatchObject({
    out: 'Created #own with cat, dan\n',
    err: expect.stringContaining('need not name yourself'),
  })
  expect((await cat.must('group', 'add', 'own', 'cat')).out).toBe('#own: cat is in it already\n')
  const refused = await cat.run('group', 'remove', 'own', 'dan', 'Cat')
  expect(refused).toMatchObject({ code: 64, err: expect.stringContaining('group leave') })
  expect((await cat.must('group', 'promote', 'own', 'cat')).out).toBe('#own: cat is admin already\n')
  expect((await cat.must('group', 'demote', 'own', 'dan')).out).toBe('#own: dan is no admin already\n')
  expect((await cat.must('group', 'members', 'own')).out).toBe('cat (owner)\ndan (not heard from yet)\n')
  expect(await cat.run('send', '@cat', 'note to myself')).toMatchObject({
    code: 1,
    err: 'There is no chat with yourself\n',
  })
})

test('a message to a group is not sent to another group with nearly the same name', async () => {
  const eva = await Machine.of(stack.url, 'eva')
  const mallory = await Machine.of(stack.url, 'mallory')
  const [first] = (await eva.must('group', 'create', 'Trip', '--json')).objects
  await mallory.must('group', 'create', 'trip', 'eva')
  await eva.must('chats') // this reads the invitation
  const sent = await eva.run('send', 'trip', 'where we meet')
  expect(sent).toMatchObject({ code: 64, err: expect.stringMatching(/"#[0-9a-f-]{36}" \(Trip, 1 members\)/) })
  await eva.must('send', `#${first?.conversation}`, 'where we meet')
  expect(await mallory.texts('trip')).toEqual([])
})

test.each(['tr\u200bip', '\u202epirt', '\u3164', '\u0301\u0302', 'x'.repeat(65)])(
  'the group name %j is rejected',
  async (name) => {
    const someone = new Machine(stack.url)
    expect(await someone.run('group', 'create', name)).toMatchObject({
      code: 64,
      err: expect.stringContaining('1 to 64 letters on one line'),
    })
  },
)
