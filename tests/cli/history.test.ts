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

test('history is read in pages by position and time, and a page that ends with the newest line counts as read', async () => {
  const ann = await Machine.of(stack.url, 'ann')
  const ben = await Machine.of(stack.url, 'ben')
  for (const text of ['one', 'two', 'three', 'four']) await ann.must('send', 'ben', text)
  const page = async (...args: string[]) => {
    const { objects } = await ben.must('history', 'ann', '--json', ...args)
    return objects.filter(({ type }) => type === 'message')
  }
  const texts = async (...args: string[]) => (await page(...args)).map(({ text }) => text)
  const unread = async () => (await ben.must('chats', '--json')).objects[0]?.unread
  const [, two, three] = await page('--since', '1h')
  await ben.must('accept', 'ann')
  // That page ended with the newest line.
  expect(await unread()).toBe(0)
  await ann.must('send', 'ben', 'five')
  expect(await texts('--before', `${three?.seq}`, '-n', '2')).toEqual(['one', 'two'])
  expect(await texts('--after', `${two?.seq}`, '-n', '2')).toEqual(['three', 'four'])
  expect(await texts('--since', `${two?.at}`, '--until', `${three?.at}`)).toEqual(['two', 'three'])
  expect(await texts('--until', `${two?.at}`, '-n', '1')).toEqual(['two'])
  expect(await unread()).toBe(1)
  // A program gets nothing on stderr. A person at a terminal is told where the next page is.
  expect((await ben.must('history', 'ann', '--after', `${two?.seq}`, '-n', '1')).err).toBe('')
  expect((await ben.must('history', 'ann', '-n', '1')).err).toBe('')
  const seen = async (...args: string[]) => (await ben.inTerminal(['history', 'ann', ...args]).ended).out
  expect(await seen('--after', `${two?.seq}`, '-n', '1')).toContain(`Newer ones follow with --after ${three?.seq}`)
  expect(await seen('-n', '1')).toMatch(/Older ones follow with --before \d+/)
  expect(await seen()).not.toContain('follow with')
  expect(await unread()).toBe(0)
  for (const wrong of [
    ['--since', 'soon'],
    ['--after', '-1'],
    ['--before', 'x'],
    ['--since', '1h', '--until', '2h'],
  ])
    expect(await ben.run('history', 'ann', ...wrong)).toMatchObject({ code: 64, out: '' })
}, 120_000)
