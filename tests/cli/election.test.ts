import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

/** Everything that a chat shows: messages and lines about the group. */
const lines = async (one: Machine) => (await one.must('history', '#trip', '--json')).objects.map(({ text }) => text)

test('members elect a new admin when the only admin is deleted, and everybody sees it', async () => {
  const ann = await Machine.of(stack.url, 'ann')
  const ben = await Machine.of(stack.url, 'ben')
  const cleo = await Machine.of(stack.url, 'cleo')
  await ann.must('group', 'create', 'trip', 'ben', 'cleo')
  await ben.must('chats')
  await cleo.must('chats')

  const early = await ben.run('group', 'elect', 'trip')
  expect([early.code, early.err]).toEqual([
    1,
    expect.stringContaining('ann is an admin of this group and has an account: ask them'),
  ])

  await stack.sql(`select delete_account('ann')`)
  const first = await cleo.must('group', 'elect', 'trip')
  expect(first.out).toBe('You voted for a new admin of #trip: 1 of 2 votes. Ask the others to run this command, too\n')
  expect(await lines(ben)).toContain('cleo votes for a new admin, since no admin has an account: 1 of 2 votes')
  const second = await ben.must('group', 'elect', 'trip', '--json')
  expect(second.objects).toMatchObject([{ type: 'voted', name: 'trip', votes: 2, needed: 2 }])

  expect((await ben.must('group', 'members', 'trip', '--json')).objects).toMatchObject([
    { username: 'ben', role: 'admin' },
    { username: 'cleo', role: 'member' },
  ])
  expect(await lines(cleo)).toContain('The members elected ben as admin, and removed ann')
  expect(await lines(ben)).toContain('The members elected you as admin, and removed ann')
  await ben.must('group', 'promote', 'trip', 'cleo')
})
