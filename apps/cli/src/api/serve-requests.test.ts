import { PassThrough, Writable } from 'node:stream'
import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { CliError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { command } from '../registry/command.ts'
import { argument, optional } from '../registry/param.ts'
import { text, texts } from '../registry/value.ts'
import { Output } from '../text/output.ts'
import { serveRequests } from './serve-requests.ts'

/** Sets up commands that record what they do, and wait for their gates. */
function setUp({ signal = new AbortController().signal } = {}) {
  const said: string[] = []
  const gates = new Map<string, PromiseWithResolvers<void>>()
  const gate = (name: string) => {
    const found = gates.get(name) ?? Promise.withResolvers<void>()
    gates.set(name, found)
    return found
  }
  const named = { does: '', examples: [], params: { name: argument(text(), '') } }
  const commands = [
    command('work', {
      ...named,
      async run({ out }, { name }) {
        said.push(`begin ${name}`)
        await gate(name).promise
        out.result({ type: 'worked', id: name }, '')
      },
    }),
    command('wait', {
      ...named,
      async run({ endTurn }, { name }) {
        said.push(`begin ${name}`)
        endTurn()
        await gate(name).promise
      },
    }),
    command('watch', {
      ...named,
      where: 'follow',
      async run({ signal }, { name }) {
        said.push(`begin ${name}`)
        await gate(name).promise
        if (signal.aborted) said.push(`aborted ${name}`)
      },
    }),
    command('leave', { ...named, run: async ({ closeSession }) => await closeSession() }),
    command('group add', {
      ...named,
      params: { users: optional(texts, '', { isMany: true }) },
      async run({ password }) {
        await password('known')
      },
    }),
    command('fail', {
      ...named,
      async run() {
        throw new CliError('broken', 'It broke')
      },
    }),
    command('api', { ...named, where: 'api', async run() {} }),
  ]
  const input = new PassThrough()
  const answered: unknown[] = []
  // The commands above need no other part of a context.
  const context = {
    signal,
    env: { password: undefined },
    closeSession: async () => void said.push('closed'),
  } as unknown as Context
  const stdout = new Writable({
    write(line, _, done) {
      answered.push(JSON.parse(String(line)))
      done()
    },
  })
  const serving = serveRequests(context, commands, input, {
    outputFor: (id) => new Output({ json: true, stdout, stderr: stdout, wrap: (result) => ({ id, result }) }),
    end: (id, error) => answered.push({ id, exit: error?.exitCode ?? 0, ...(error && { code: error.code }) }),
    drained: async () => {},
  })
  const ask = (id: number | string, name: string, args?: object) =>
    input.write(`${JSON.stringify({ id, command: name, args })}\n`)
  const answers = (...expected: unknown[]) => eventually(() => expect(answered).toEqual(expected))
  const says = (...expected: string[]) => eventually(() => expect(said).toEqual(expected))
  return { input, answered, serving, ask, answers, says, gate }
}

test('requests run one after the other, and each answer carries the id of its request', async () => {
  const { ask, answers, says, gate, input, serving } = setUp()
  ask(1, 'work', { name: 'first' })
  ask('two', 'work', { name: 'second' })
  input.end()
  await says('begin first')
  gate('second').resolve()
  gate('first').resolve()
  await serving
  await says('begin first', 'begin second')
  await answers(
    { id: 1, result: { type: 'worked', id: 'first' } },
    { id: 1, exit: 0 },
    { id: 'two', result: { type: 'worked', id: 'second' } },
    { id: 'two', exit: 0 },
  )
})

test('a request that only waits lets the next begin, and one that follows chats does so at once', async () => {
  const { ask, answers, says, gate, input, serving } = setUp()
  ask(1, 'wait', { name: 'sent' })
  ask(2, 'watch', { name: 'tail' })
  ask(3, 'work', { name: 'third' })
  gate('third').resolve()
  await says('begin sent', 'begin tail', 'begin third')
  await answers({ id: 3, result: { type: 'worked', id: 'third' } }, { id: 3, exit: 0 })
  input.end()
  // The end of the input cancels the request that follows chats, and not the one that waits.
  await answers(
    { id: 3, result: { type: 'worked', id: 'third' } },
    { id: 3, exit: 0 },
    { id: 2, exit: 130, code: 'cancelled' },
  )
  gate('sent').resolve()
  await serving
})

test('a request is cancelled by its id, also before its turn, and the others keep their order', async () => {
  const { ask, answers, says, gate } = setUp()
  ask(1, 'work', { name: 'first' })
  ask(2, 'work', { name: 'second' })
  ask(3, 'work', { name: 'third' })
  ask(4, 'cancel', { request: 2 })
  const first = [
    { id: 4, exit: 0 },
    { id: 2, exit: 130, code: 'cancelled' },
  ]
  await answers(...first)
  ask(5, 'cancel', { request: 77 })
  const before = [...first, { id: 5, exit: 64, code: 'unknown_request' }]
  await answers(...before)
  await says('begin first')
  ask(6, 'cancel', { request: 1 })
  await says('begin first', 'begin third')
  gate('third').resolve()
  await answers(
    ...before,
    { id: 6, exit: 0 },
    { id: 1, exit: 130, code: 'cancelled' },
    { id: 3, result: { type: 'worked', id: 'third' } },
    { id: 3, exit: 0 },
  )
})

test('an invalid request gets an error with a stable code, and the next lines still run', async () => {
  const { ask, answers, gate, input } = setUp()
  input.write('nonsense\n\n')
  input.write(`{"id":0,"command":"work","args":{"name":"${'x'.repeat(256 * 1024)}"}}\n`)
  ask(1, 'work', { name: 'first' })
  ask(1, 'work', { name: 'again' })
  ask(2, 'wrok', { name: 'x' })
  ask(3, 'api')
  ask(4, 'constructor')
  const atOnce = [
    { id: null, exit: 64, code: 'bad_request' },
    { id: null, exit: 64, code: 'line_too_long' },
    { id: 1, exit: 64, code: 'duplicate_id' },
    { id: 2, exit: 64, code: 'unknown_command' },
    { id: 3, exit: 64, code: 'unknown_command' },
    { id: 4, exit: 64, code: 'unknown_command' },
  ]
  await answers(...atOnce)
  gate('first').resolve()
  ask(5, 'work')
  ask(6, 'work', { name: 7 })
  ask(7, 'work', { name: 'x', __proto__x: 1 })
  ask(8, 'group add', { users: 'ann' })
  ask(9, 'group add')
  ask(10, 'fail', { name: '' })
  const usage = { exit: 64, code: 'usage' }
  await answers(
    ...atOnce,
    { id: 1, result: { type: 'worked', id: 'first' } },
    { id: 1, exit: 0 },
    ...[5, 6, 7, 8, 9].map((id) => ({ id, ...usage })),
    { id: 10, exit: 1, code: 'broken' },
  )
})

test('a command that closes the session cancels the running requests, and not the waiting ones', async () => {
  const { ask, answers, says, gate } = setUp()
  ask(1, 'watch', { name: 'tail' })
  await says('begin tail')
  ask(2, 'leave', { name: '' })
  ask(3, 'work', { name: 'after' })
  gate('after').resolve()
  await answers(
    { id: 1, exit: 130, code: 'cancelled' },
    { id: 2, exit: 0 },
    { id: 3, result: { type: 'worked', id: 'after' } },
    { id: 3, exit: 0 },
  )
})

test('at most 256 requests run at once, and further lines wait unread', async () => {
  const { ask, says, answered, gate, input } = setUp()
  for (let n = 0; n < 256; n++) ask(n, 'wait', { name: 'all' })
  ask('last', 'wait', { name: 'last' })
  await says(...Array.from({ length: 256 }, () => 'begin all'))
  ask(0, 'nonsense')
  input.end()
  expect(answered).toEqual([])
  gate('all').resolve()
  await says(...Array.from({ length: 256 }, () => 'begin all'), 'begin last')
})
