import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine, type Running } from './machine.ts'

let stack: Stack
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start()
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(stack.url, 'ben')
  await ann.must('send', 'ben', 'first')
  await ben.must('accept', 'ann')
  await ben.must('history', 'ann')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const maxKnocks = 20

/** Sends messages until each of these tails has shown one. From then on, they follow the chat. */
async function untilFollowing(...tails: Running[]): Promise<void> {
  for (let n = 0; tails.some((tail) => !tail.out().includes('"knock')); n++) {
    if (n === maxKnocks) throw new Error(tails.map((tail) => tail.out() + tail.err()).join('; '))
    await ann.must('send', 'ben', `knock ${n}`)
  }
}

test('several commands work on one home at the same time', async () => {
  const tailing = ben.start(['tail', '--json'])
  await untilFollowing(tailing)
  const all = await Promise.all([
    ben.must('send', 'ann', 'one'),
    ben.must('send', 'ann', 'two'),
    ben.must('users', '--json'),
    ben.must('history', 'ann', '--json'),
    ben.must('tail', '--for', '0'),
  ])
  expect(all[2].objects).toMatchObject([{ username: 'ann' }, { username: 'ben' }])
  expect(await ann.texts('ben')).toEqual(expect.arrayContaining(['one', 'two']))
  await ann.must('send', 'ben', 'still there?')
  await tailing.shows('still there?')
  tailing.child.kill('SIGTERM')
  expect((await tailing.ended).code).toBe(130)
})

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'when the process that holds the home ends by %s, another takes over, and no line is lost or doubled',
  async (signal) => {
    const first = ben.start(['tail', '--json'])
    await untilFollowing(first)
    const second = ben.start(['tail', 'ann', '--json'])
    const third = ben.start(['tail', 'ann', '--json'])
    await untilFollowing(second, third)
    await ann.must('send', 'ben', `${signal} to all three`)
    for (const tail of [first, second, third]) await tail.shows(`${signal} to all three`)

    first.child.kill(signal)
    await ann.must('send', 'ben', `${signal} after`)
    for (const tail of [second, third]) await tail.shows(`${signal} after`)
    await Promise.all([0, 1, 2].map((n) => ben.must('send', 'ann', `${signal} ${n}`)))
    for (const tail of [second, third]) {
      tail.child.kill('SIGTERM')
      const texts = (await tail.ended).objects.map(({ text }) => String(text))
      expect(texts.filter((text) => text.startsWith(signal))).toEqual([`${signal} to all three`, `${signal} after`])
    }
    const own = [0, 1, 2].map((n) => `${signal} ${n}`)
    expect((await ann.texts('ben')).filter((text) => own.includes(String(text))).toSorted()).toEqual(own)
  },
)

test('a command that waits for an answer still gets it when the process that holds the home is killed', async () => {
  const tailing = ben.start(['tail', '--json'])
  await untilFollowing(tailing)
  await Promise.all(['chat-0', 'chat-1'].map((pod) => stack.end(pod)))
  const sending = ben.start(['send', 'ann', 'in between', '--json'])
  await sending.shows('"queued"')
  tailing.child.kill('SIGKILL')
  await tailing.ended
  await Promise.all(['chat-0', 'chat-1'].map((pod) => stack.bringUp(pod)))
  expect((await sending.ended).objects.map(({ type }) => type)).toEqual(['queued', 'sent'])
  expect((await ann.texts('ben')).filter((text) => text === 'in between')).toHaveLength(1)
})

test('logging out ends the other commands on the home', async () => {
  const tailing = ben.start(['tail', '--json'])
  await untilFollowing(tailing)
  await ben.must('logout')
  expect(await tailing.ended).toMatchObject({ code: 1, err: expect.stringContaining('Signed out') })
  expect(existsSync(join(ben.home, 'store.key'))).toBe(false)
  await ben.must('login', 'ben')
})

test('without a command, fastchat shows people, groups and unread counts, then takes lines', async () => {
  await ann.must('group', 'create', 'club', 'ben')
  await ann.must('send', 'ben', 'unread one')
  await ben.must('accept', 'ann')
  const chatting = ben.start([])
  await chatting.shows('@ann 1 unread')
  await chatting.shows('#club 2 members')
  await chatting.shows('People: ann')
  chatting.type('/open ann')
  await chatting.shows('ann: unread one')
  chatting.type('typed line')
  chatting.type('/open club')
  chatting.type('/members')
  await chatting.shows('ann (owner)')
  chatting.type('/remove ann')
  await chatting.shows('Only admins can add or remove participants')
  chatting.type('hello club')
  await ann.must('tail', 'club', '--count', '1', '--for', '60')
  await ann.must('send', 'ben', 'while in the club')
  await chatting.shows('[@ann] ann: while in the club')
  chatting.type('/nonsense')
  await chatting.shows('There is no /nonsense')
  chatting.type('/quit')
  expect(await chatting.ended).toMatchObject({ code: 1, err: expect.stringContaining('2 lines could not be done') })
  expect(await ann.texts('ben')).toContain('typed line')
  expect(await ann.texts('club')).toEqual(['hello club'])
})
