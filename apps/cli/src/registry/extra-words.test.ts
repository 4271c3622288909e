import { expect, test } from 'vitest'
import { commands } from './commands.ts'
import { extraWords } from './extra-words.ts'

function said(...words: string[]): string {
  const command = commands.findLast((one) => one.words.every((word, at) => words[at] === word))
  return command ? extraWords(command, words) : ''
}

test.each([
  [['send', 'alice', 'hello', 'there'], 'TO and TEXT. Put TEXT in quotes: fastchat send alice "hello there"'],
  [['send', '#trip', 'it', 'costs', '$5'], `fastchat send "#trip" 'it costs $5'`],
  [['send', 'al', "it's", 'me!', '--no-wait', '--for', '3'], `fastchat send al 'it'\\''s me!' --no-wait --for 3`],
  [['send', 'al', '--for=3', '--', '-5', 'degrees'], 'fastchat send al "-5 degrees" --for=3'],
  [['history', 'alice', 'bob'], 'takes TO. Put TO in quotes: fastchat history "alice bob"'],
  [['history', '-n', '5', 'road', 'trip'], 'fastchat history "road trip" -n 5'],
  [['tail', 'my', 'group', '--json'], 'fastchat tail "my group" --json'],
  [['save', 'ID', 'my', 'folder'], 'fastchat save ID "my folder"'],
  [['group', 'promote', 'my', 'group', 'bob'], 'Put NAME in quotes: fastchat group promote "my group" bob'],
  [['group', 'leave', 'my', 'group'], 'fastchat group leave "my group"'],
  [['group', 'members', 'my', 'group', '--check'], 'fastchat group members "my group" --check'],
  [['chats', 'bob'], 'takes no further words. Type: fastchat chats'],
  [['users', 'al', 'bo'], 'takes QUERY. Type: fastchat users al'],
])('%j: the message has the command to type', (words, expected) => {
  expect(said(...words)).toContain(expected)
})

test('a long text is not repeated', () => {
  expect(said('send', 'al', ...Array.from({ length: 2_000 }, () => 'word'))).toContain('fastchat send al "…"')
})

test.each([
  ['signup', 'jan', 'my-secret'],
  ['login', 'jan', 'my-secret'],
  ['devices', 'revoke', 'ID', 'my-secret'],
])('the words after %s %s are not repeated: one may be a password', (...words) => {
  expect(said(...words)).toContain('The password is never an argument')
  expect(said(...words)).not.toContain('secret')
})
