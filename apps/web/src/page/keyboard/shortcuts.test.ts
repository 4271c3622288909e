import { expect, test } from 'vitest'
import { de } from '../../words/de.ts'
import { en } from '../../words/en.ts'
import { actionOf, type Scope, shortcuts } from './shortcuts.ts'

const pressed = (key: string, held: { ctrlKey?: true; metaKey?: true; altKey?: true; shiftKey?: true } = {}) => ({
  ...{ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false },
  ...held,
})

test('keys do what the table says', () => {
  expect(actionOf('anywhere', pressed('k', { ctrlKey: true }))).toBe('searchAll')
  expect(actionOf('anywhere', pressed('F', { metaKey: true, shiftKey: true }))).toBe('searchAll')
  expect(actionOf('anywhere', pressed('f', { ctrlKey: true }))).toBe('searchHere')
  expect(actionOf('anywhere', pressed('?', { shiftKey: true }))).toBe('sheet')
  expect(actionOf('message', pressed('+'))).toBe('react')
  expect(actionOf('message', pressed('+', { shiftKey: true }))).toBe('react')
  expect(actionOf('box', pressed('Enter', { shiftKey: true }))).toBe('newLine')
})

test('other keys, and keys with another one held, do nothing', () => {
  expect(actionOf('message', pressed('r', { ctrlKey: true }))).toBeUndefined()
  expect(actionOf('message', pressed('x'))).toBeUndefined()
  expect(actionOf('anywhere', pressed('k'))).toBeUndefined()
})

test('no key does two things in one scope, and each action has words', () => {
  for (const scope of Object.keys(shortcuts) as Scope[]) {
    const keys = Object.values(shortcuts[scope]).flatMap((all) => all.split(' '))
    expect(new Set(keys).size).toBe(keys.length)
    for (const { talk } of [en, de])
      for (const action of Object.keys(shortcuts[scope])) expect(talk.keys.does).toHaveProperty(action)
  }
})
