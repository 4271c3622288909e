import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine, type Ran } from './machine.ts'
import { Window } from './window.ts'

let stack: Stack
let ann: Machine
let ben: Machine
beforeAll(async () => {
  stack = await Stack.start({ pods: 1 })
  ann = await Machine.of(stack.url, 'ann')
  ben = await Machine.of(stack.url, 'ben')
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

const messages = ({ objects }: Ran) => objects.filter(({ type }) => type === 'message')
const history = async (machine: Machine, of: string) => messages(await machine.must('history', of, '--json'))

/** Sends a text from ann to ben. Returns the words by which ben names it. */
async function sent(text: string): Promise<string> {
  const { objects } = await ann.must('send', 'ben', text, '--json')
  return `ann#${objects.at(-1)?.seq}`
}

test('messages are answered, edited, reacted to and deleted by CHAT#SEQ or id, and --json has stable fields', async () => {
  const place = await sent('at eight')
  const replied = await ben.must('reply', place, 'fine', '--json')
  expect(replied.objects.at(-1)).toMatchObject({ type: 'replied', target: expect.any(String), seq: expect.any(Number) })
  await ben.must('react', place, '👍')
  await ann.must('edit', place.replace('ann', 'ben'), 'at nine')
  const [first, answer] = await history(ben, 'ann')
  expect(first).toMatchObject({ text: 'at nine', edited: expect.any(String) })
  expect(first?.reactions).toEqual([{ emoji: '👍', from: ['ben'] }])
  expect(answer?.replyTo).toMatchObject({ id: first?.id, kind: 'text', from: 'ann', text: 'at nine' })
  const shown = await ben.must('history', 'ann', '--versions')
  expect(shown.out).toContain('┌ ann: at nine')
  expect(shown.out).toMatch(/ann \(edited, 👍 1\): at nine\n {6}before: at eight\n/)

  expect(await ben.run('edit', place, 'mine now')).toMatchObject({ code: 1, err: expect.stringContaining('your own') })
  expect(await ben.run('react', place, 'ok')).toMatchObject({ code: 64 })
  expect(await ben.run('react', 'ann', '👍')).toMatchObject({ code: 64, err: expect.stringContaining('CHAT#SEQ') })
  expect(await ben.run('edit', 'ann#999', 'x')).toMatchObject({ err: expect.stringContaining('no message ann#999') })
  await ann.must('delete', `${first?.id}`, '--everyone')
  expect((await history(ben, 'ann'))[0]).toMatchObject({ kind: 'deleted', deletedBy: 'ann' })
  expect((await ben.must('history', 'ann')).out).toContain('* ann: message deleted')
  await ben.must('delete', place)
  expect((await history(ben, 'ann'))[0]?.id).toBe(answer?.id)
})

test('pins and the timer are shown, set and told to both', async () => {
  const place = await sent('pin me')
  await ben.must('pin', place)
  expect(messages(await ann.must('pins', 'ben', '--json'))).toMatchObject([{ text: 'pin me', pinned: true }])
  await ben.must('unpin', place)
  expect((await ann.must('pins', 'ben', '--json')).objects).toEqual([])
  await ben.must('timer', 'ann', '1d')
  expect((await ann.must('timer', 'ben')).out).toBe('@ben: new messages disappear after 1 day\n')
  expect((await ann.must('history', 'ben')).out).toContain('ben set new messages to disappear after 1 day')
  await sent('soon gone')
  expect((await history(ben, 'ann')).at(-1)).toMatchObject({ text: 'soon gone', expiresAt: expect.any(String) })
  await ann.must('timer', 'ben', 'off')
  expect(await ann.run('timer', 'ben', '5s')).toMatchObject({ code: 1, err: expect.stringContaining('30 seconds') })
  expect(await ann.run('timer', 'ben', 'soon')).toMatchObject({ code: 64 })
})

test('tail tells edits, reactions and deletions as they happen, and a forwarded message says so', async () => {
  const tail = ben.start(['tail', 'ann', '--json'])
  const place = (await sent('watch this')).replace('ann', 'ben')
  await tail.shows('watch this')
  await ann.must('edit', place, 'watch that')
  await tail.shows('"kind":"edit"')
  await ann.must('react', place, '🔥')
  await tail.shows('"kind":"reaction"')
  await ann.must('delete', place, '--everyone')
  await tail.shows('"kind":"delete"')
  tail.child.kill('SIGINT')
  const { objects } = await tail.ended
  expect(objects.find(({ kind }) => kind === 'reaction')).toMatchObject({ type: 'change', from: 'ann', emoji: '🔥' })
  await ann.must('group', 'create', 'trip', 'ben')
  await ann.must('forward', `ben#${(await sent('pass it on')).split('#')[1]}`, 'trip')
  expect((await history(ben, 'trip')).at(-1)).toMatchObject({ text: 'pass it on', forwarded: true })
})

test('in the interactive mode messages have numbers that stay, on a narrow terminal and without colours', async () => {
  const place = await sent('number one')
  const window = new Window(ben, { columns: 60 })
  await window.holds('/open NAME')
  window.press('/open ann\r')
  await window.holds('number one')
  const number = /(\d+) \d\d:\d\d ann: number one/.exec(window.text)?.[1] ?? ''
  expect(number).not.toBe('')
  window.press(`/reply ${number} indeed\r`)
  await window.holds('┌ ann: number one')
  window.press(`/react ${number} 👍\r`)
  await window.holds(`ben reacted 👍 to message ${number}`)
  window.press('/react 999 👍\r')
  await window.holds('No message has the number 999')
  await ann.must('edit', place.replace('ann', 'ben'), 'number uno')
  await window.holds(`ann edited message ${number}: number uno`)
  window.press('\u0015/quit\r')
  expect((await window.running.ended).code).toBe(0)
  expect((await history(ann, 'ben')).at(-1)).toMatchObject({ text: 'indeed', replyTo: { text: 'number uno' } })
})
