import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let ann: Machine
let laptop: Machine
let phone: Machine
beforeAll(async () => {
  stack = await Stack.start()
  ann = await Machine.of(stack.url, 'ann')
  laptop = await Machine.of(stack.url, 'ben')
  await ann.must('send', 'ben', 'the Train to Zürich')
  await ann.must('group', 'create', 'trip', 'ben')
  await laptop.must('accept', 'ann')
  phone = new Machine(stack.url)
  await phone.must('login', 'ben')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const chats = async (machine: Machine) => (await machine.must('chats', '--json')).objects

test('a mute, a pin, the archive and a draft of one machine show on the other one', async () => {
  const [muted] = (await laptop.must('mute', 'ann', '8h', '--json')).objects
  expect(muted).toMatchObject({ type: 'chat', name: 'ann', muted: expect.stringMatching(/^\d{4}-/) })
  await laptop.must('pin-chat', 'ann')
  await laptop.must('draft', 'ann', 'see you at')
  await laptop.must('archive', '#trip')
  await laptop.must('mark-unread', '#trip')
  const [first, second] = await chats(phone)
  expect(first).toMatchObject({ name: 'ann', pinned: true, draft: 'see you at', muted: expect.any(String) })
  expect(second).toMatchObject({ name: 'trip', archived: true, marked_unread: true })
  expect((await phone.must('chats')).out).toContain('@ann')
  expect((await phone.must('draft', 'ann')).out).toContain('see you at')
  for (const words of [
    ['mute', 'ann', 'off'],
    ['unpin-chat', 'ann'],
    ['unarchive', '#trip'],
    ['unmark-unread', '#trip'],
    ['draft', 'ann', ''],
  ])
    await phone.must(...words)
  for (const chat of await chats(laptop))
    for (const field of ['muted', 'pinned', 'archived', 'marked_unread', 'draft'])
      expect(chat).not.toHaveProperty(field)
  expect(await laptop.run('mute', 'ann', 'soon')).toMatchObject({ code: 64 })
})

test('what one machine has shown is read on the other one', async () => {
  await ann.must('send', 'ben', 'one more')
  const unread = async (machine: Machine) => (await chats(machine)).find(({ name }) => name === 'ann')?.unread
  expect(await unread(phone)).toBeGreaterThan(0)
  await laptop.must('history', 'ann')
  expect(await unread(phone)).toBe(0)
})

test('search finds messages by folded words, in a chat, of a person, and says so when there are none', async () => {
  const found = async (...words: string[]) => (await laptop.must('search', ...words, '--json')).objects
  // Only the last word may be the beginning of one.
  expect(await found('trai', 'zurich')).toEqual([])
  expect(await found('train', 'zur')).toMatchObject([{ type: 'message', chat: '@ann', text: 'the Train to Zürich' }])
  expect(await found('train', '--in', '#trip')).toEqual([])
  expect(await found('train', '--from', 'ben')).toEqual([])
  expect(await found('train', '--from', 'ann', '--since', '1h')).toHaveLength(1)
  expect((await laptop.must('search', 'nothing')).err).toContain('No message has these words')
})
