import { expect, test } from 'vitest'
import { readRequest } from './request.ts'

test('a request has an id, a command and its arguments', () => {
  expect(readRequest('{"id":1,"command":"chats"}')).toEqual({ id: 1, command: 'chats', args: {} })
  const args = { to: 'bob', text: 'hello' }
  expect(readRequest(JSON.stringify({ id: 'a', command: 'send', args }))).toEqual({ id: 'a', command: 'send', args })
})

test('any other line is rejected with a stable code, and with its id if it has one', () => {
  for (const [line, id] of [
    ['{', null],
    ['"text"', null],
    ['null', null],
    ['[1]', null],
    ['{"command":"chats"}', null],
    ['{"id":null,"command":"chats"}', null],
    ['{"id":1.5,"command":"chats"}', null],
    ['{"id":"","command":"chats"}', null],
    [`{"id":"${'x'.repeat(129)}","command":"chats"}`, null],
    ['{"id":{},"command":"chats"}', null],
    ['{"id":1}', 1],
    ['{"id":2,"command":["chats"]}', 2],
    ['{"id":3,"command":"chats","args":[]}', 3],
    ['{"id":4,"command":"chats","args":null}', 4],
    ['{"id":5,"command":"chats","json":true}', 5],
  ] as const)
    expect({ line, read: readRequest(line) }).toMatchObject({
      line,
      read: { id, error: { code: 'bad_request', exitCode: 64 } },
    })
})
