import { expect, test } from 'vitest'
import type { Chat } from '../chat/chat.ts'
import { complete } from './complete.ts'

const commands = ['open', 'add', 'members', 'group', 'quit', 'groups']
const people = ['me', 'bob', 'bobby', 'carol', 'dan (unverified)']
const chat = {
  whoami: async () => ({ username: 'me' }),
  users: async ({ query }: { query: string }) =>
    people.filter((name) => name.startsWith(query)).map((username) => ({ username })),
  chats: async () => [
    { kind: 'direct', name: 'carol' },
    { kind: 'group', name: 'Road trip' },
    { kind: 'group', name: 'say "hi"' },
    { kind: 'group', name: 'club' },
  ],
} as unknown as Chat // completing needs no other verbs

test.each([
  ['/o', '/open '],
  ['/gro', '/group', '/group /groups'],
  ['/open car', '/open @carol '],
  ['/open @car', '/open @carol '],
  ['/open bo', '/open @bob', '@bob @bobby'],
  ['/open @bob', '/open @bob', '@bob @bobby'],
  ['/open me', '/open me'],
  ['/open dan', '/open dan'],
  ['/open Road t', '/open "#Road trip" '],
  ['/open "#road', '/open "#Road trip" '],
  ['/open #say', '/open "#say \\"hi\\"" '],
  ['/add carol bobb', '/add carol @bobby '],
  ['/add clu', '/add clu'],
  ['/members c', '/members check '],
  ['/group n', '/group new '],
  ['/group new trip car', '/group new trip @carol '],
  ['hello @car', 'hello @carol '],
  ['hello car', 'hello car'],
  ['hello ', 'hello '],
  ['//o', '//o'],
  ['/nonsense c', '/nonsense c'],
])('%s', async (line, expected, choices = '') => {
  expect(await complete(line, commands, chat)).toEqual({
    line: expected,
    choices: choices === '' ? [] : choices.split(' '),
  })
})

test('without a server, names of this device’s chats are completed', async () => {
  const offline = { ...chat, users: () => Promise.reject(new Error('no server')) }
  expect(await complete('/open ca', commands, offline)).toMatchObject({ line: '/open @carol ' })
})
