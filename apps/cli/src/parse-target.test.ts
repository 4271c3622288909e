import { describe, expect, test } from 'vitest'
import { parseGroupName, parseTarget, parseUsername, parseUsernames } from './parse-target.ts'

const isUsageError = expect.objectContaining({ exitCode: 64 })

describe('the meanings of TO', () => {
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

test('a username becomes lower case and loses its mark', () => {
  expect(parseUsername(' @Al.ice ')).toBe('al.ice')
  expect(() => parseUsername('al ice')).toThrow(isUsageError)
})

test('a list holds a person once, also when it names them twice', () => {
  expect(parseUsernames(['bob', '@Bob', 'ann', '\uff22ob'])).toEqual(['bob', 'ann'])
})

test('a group name with unreadable letters is rejected', () => {
  expect(parseGroupName(' #Road trip ')).toBe('Road trip')
  expect(parseGroupName('Cafe\u0301 👨‍👩‍👧')).toBe('Caf\u00e9 👨‍👩‍👧')
  for (const bad of ['', '#', 'a'.repeat(65), 'two\nlines', 'bell\u0007', 'tr\u200bip', '\u202epirt', '\u3164']) {
    expect(() => parseGroupName(bad)).toThrow(isUsageError)
  }
})
