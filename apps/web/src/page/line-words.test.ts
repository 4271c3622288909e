import type { SystemEvent } from '@fastchat/client'
import { expect, test } from 'vitest'
import type { Line } from '../engine/line.ts'
import { de } from '../words/de.ts'
import { en } from '../words/en.ts'
import { lineWords } from './line-words.ts'

const lineOf = (event: SystemEvent, { isOwn = false, isForMe = false } = {}): Line => ({
  ...{ key: 'a', kind: 'system', at: 0, isOwn, text: event.kind, name: 'ann' },
  event: { event, whom: ['ben'], isForMe },
})

test('a change of the rules says which rule changed, in both languages', () => {
  const line = lineOf({ kind: 'policies', policies: { add: 'everybody', write: 'admins' } })
  expect(lineWords(line, en)).toBe('ann decided: every member may add people, and only admins may write')
  expect(lineWords(line, de)).toBe('ann hat festgelegt: alle dürfen Leute hinzufügen, und nur Admins dürfen schreiben')
})

test('a line speaks to the person whom it is about, and to the one who did it', () => {
  const added: SystemEvent = { kind: 'added', users: [] }
  expect(lineWords(lineOf(added, { isForMe: true }), en)).toBe('ann added you')
  expect(lineWords(lineOf(added, { isForMe: true }), de)).toBe('ann hat dich hinzugefügt')
  expect(lineWords(lineOf(added, { isOwn: true }), de)).toBe('Du hast ben hinzugefügt')
})

test('a problem in a chat says what to do there', () => {
  const words = lineWords(lineOf({ kind: 'trouble', code: 'history_split' }), en)
  expect(words).toContain('different things to different people')
  expect(words).toContain('Do not rely on this chat')
})
