import { describe, expect, test } from 'vitest'
import { parseGroupName, parseTarget, parseUsername, parseUsernames } from './parse-target.ts'

const isUsageError = expect.objectContaining({ exitCode: 64 })

describe('what TO may mean', () => {
  test.each([
    ['bob', { written: 'bob', username: 'bob', group: 'bob' }],
    ['Bob', { written: 'Bob', username: 'bob', group: 'Bob' }],
    ['@Bob', { written: '@Bob', username: 'bob' }],
    ['#bob', { written: '#bob', group: 'bob' }],
    ['#@bob', { written: '#@bob', group: '@bob' }],
    ['Road trip', { written: 'Road trip', group: 'Road trip' }],
  ])('%s', (written, target) => expect(parseTarget(written)).toEqual(target))

  test.each(['', '  ', '#', '@', '@two words', '@-bob'])('"%s" is no name', (written) =>
    expect(() => parseTarget(written)).toThrow(isUsageError),
  )
})

test('a username is in lower case and may be written with its mark', () => {
  expect(parseUsername(' @Al.ice ')).toBe('al.ice')
  expect(() => parseUsername('al ice')).toThrow(isUsageError)
})

test('a person named twice in a list is once in it', () => {
  expect(parseUsernames(['bob', '@Bob', 'ann', '\uff22ob'])).toEqual(['bob', 'ann'])
})

test('a group has a name that can be typed again', () => {
  expect(parseGroupName(' #Road trip ')).toBe('Road trip')
  expect(parseGroupName('Cafe\u0301 👨‍👩‍👧')).toBe('Caf\u00e9 👨‍👩‍👧')
  for (const bad of ['', '#', 'a'.repeat(65), 'two\nlines', 'bell\u0007', 'tr\u200bip', '\u202epirt', '\u3164']) {
    expect(() => parseGroupName(bad)).toThrow(isUsageError)
  }
})
