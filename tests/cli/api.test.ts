import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

const lines = (out: string): Readonly<Record<string, unknown>>[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** Starts `fastchat api` on a machine. Returns functions that send requests to it. */
function api(machine: Machine) {
  const running = machine.start(['api'])
  return {
    ...running,
    ask: (id: number, command: string, args: object = {}) => running.type(JSON.stringify({ id, command, args })),
    /** Resolves with the results of a request when it has ended. */
    async answer(id: number) {
      await running.shows(`{"id":${id},"exit":0}`)
      return lines(running.out()).flatMap(({ id: of, result }) => (of === id && result ? [result] : []))
    },
  }
}

test('one process signs up, sends, follows and makes groups, with the same objects as --json', async () => {
  const [machine, ben] = [new Machine(stack.url), await Machine.of(stack.url, 'ben')]
  const ann = api(machine)
  ann.ask(1, 'whoami')
  await ann.shows('{"id":1,"error":{"type":"error","code":"not_signed_in"')
  ann.ask(2, 'signup', { name: 'ann' })
  expect(await ann.answer(2)).toMatchObject([{ type: 'signed_in', username: 'ann', unread: 0 }])
  ann.ask(3, 'tail', { own: false })
  const texts = Array.from({ length: 20 }, (_, n) => `message ${n}`)
  for (const [n, text] of texts.entries()) ann.ask(100 + n, 'send', { to: 'ben', text })
  expect((await ann.answer(119)).slice(-1)).toEqual([
    { type: 'sent', id: expect.any(String), conversation: expect.any(String), seq: expect.any(Number) },
  ])
  expect(await ben.texts('ann')).toEqual(texts)
  await ben.must('send', 'ann', 'from ben')
  await ann.shows('"text":"from ben"')
  ann.ask(4, 'history', { to: 'ben', lines: 3, offline: true })
  // This command asks the process that holds the home.
  const printed = (await machine.must('history', 'ben', '-n', '3', '--offline', '--json')).objects
  expect(await ann.answer(4)).toEqual(printed)
  ann.ask(5, 'group create', { name: 'trip', users: ['ben'] })
  expect(await ann.answer(5)).toMatchObject([{ type: 'group', name: 'trip', members: ['ann', 'ben'] }])
  ann.ask(6, 'send', { to: 'nobody-here', text: 'x' })
  await ann.shows('{"id":6,"error":{"type":"error","code":"unknown_name"')
  // A dash is the text itself here, and does not stand for stdin.
  ann.ask(7, 'send', { to: '#trip', text: '-' })
  await ann.answer(7)
  expect(await ben.texts('#trip')).toEqual(['-'])

  ann.ask(8, 'logout')
  await ann.answer(8)
  await ann.shows('{"id":3,"error":{"type":"error","code":"')
  ann.ask(9, 'login', { name: 'ann' })
  expect(await ann.answer(9)).toMatchObject([{ type: 'signed_in', username: 'ann' }])
  ann.ask(10, 'chats')
  expect(await ann.answer(10)).toHaveLength(2)
  ann.child.stdin?.end()
  expect((await ann.ended).code).toBe(0)
}, 120_000)

test('a message is still sent after the end of the input, and a signal ends the process with 130', async () => {
  const [cat, dan] = [await Machine.of(stack.url, 'cat'), await Machine.of(stack.url, 'dan')]
  const asked = cat.start(['api'])
  asked.child.stdin?.end('{"id":1,"command":"tail"}\n{"id":2,"command":"send","args":{"to":"dan","text":"hi"}}')
  const { code, out } = await asked.ended
  expect(code).toBe(0)
  expect(lines(out).find(({ id, exit }) => id === 2 && exit !== undefined)).toEqual({ id: 2, exit: 0 })
  expect(lines(out).find(({ id, exit }) => id === 1 && exit !== undefined)).toMatchObject({ exit: 130 })
  expect(await dan.texts('cat')).toEqual(['hi'])
  const other = api(cat)
  other.ask(1, 'whoami')
  await other.answer(1)
  other.child.kill('SIGTERM')
  expect((await other.ended).code).toBe(130)
}, 120_000)

test('the requests of the documentation give the documented answers', async () => {
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'apps', 'cli', 'README.md'), 'utf8')
  const [, requests = ''] = /```json\n(\{"id":1.*?)```/s.exec(readme) ?? []
  expect(lines(requests)).toHaveLength(6)
  const eve = await Machine.of(stack.url, 'eve')
  const bob = await Machine.of(stack.url, 'bob')
  const asked = eve.start(['api'])
  asked.child.stdin?.end(requests)
  const { code, out } = await asked.ended
  expect(code).toBe(0)
  const said = lines(out)
  const ends = Object.fromEntries(said.flatMap(({ id, exit }) => (exit === undefined ? [] : [[id, exit]])))
  expect(ends).toEqual({ 1: 0, 2: 0, 3: 0, 4: 130, 5: 0, 6: 64 })
  // The documentation has this error word for word.
  const error = said.find(({ id }) => id === 6)
  expect(readme).toContain(JSON.stringify(error))
  expect(said.find(({ id }) => id === 3)).toMatchObject({ result: { type: 'group', members: ['eve', 'bob'] } })
  expect(await bob.texts('eve')).toEqual(['hello'])
}, 120_000)
