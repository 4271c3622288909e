import { expect, test } from 'vitest'
import { readEnvironment } from './environment.ts'

test('without variables it is the local server, and the folder for a user’s data', () => {
  expect(readEnvironment({ HOME: '/home/al' }, '/here')).toEqual({
    url: 'http://localhost:8080',
    home: '/home/al/.local/share/fastchat',
    password: undefined,
    cwd: '/here',
  })
  expect(readEnvironment({ XDG_DATA_HOME: '/data' }, '/here').home).toBe('/data/fastchat')
})

test('a variable replaces its default, and an empty one does not', () => {
  const given = { FASTCHAT_URL: 'https://chat.example/', FASTCHAT_HOME: 'second', FASTCHAT_PASSWORD: 'pass word' }
  expect(readEnvironment(given, '/here')).toEqual({
    url: 'https://chat.example',
    home: '/here/second',
    password: { text: 'pass word' },
    cwd: '/here',
  })
  expect(readEnvironment({ FASTCHAT_URL: '', FASTCHAT_PASSWORD: '' }, '/here')).toMatchObject({
    url: 'http://localhost:8080',
    password: undefined,
  })
})

test('a wrong variable is named, with exit 64', () => {
  for (const url of ['localhost:8080', 'ws://localhost', 'nonsense']) {
    expect(() => readEnvironment({ FASTCHAT_URL: url }, '/here')).toThrow(
      expect.objectContaining({ exitCode: 64, message: expect.stringContaining('FASTCHAT_URL') }),
    )
  }
  expect(() => readEnvironment({ FASTCHAT_HOME: `/${'a'.repeat(100)}` }, '/here')).toThrow(/FASTCHAT_HOME/)
})
