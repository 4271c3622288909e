import { troubleWords } from '@fastchat/client'
import { expect, test } from 'vitest'
import { de } from '../../words/de.ts'
import { en } from '../../words/en.ts'
import { failureWords, noticeWords, tellTrouble } from './trouble-words.ts'

// The cast holds because the keys of that table are the codes.
const codes = Object.keys(troubleWords) as (keyof typeof troubleWords)[]

test('every problem says what happened and what to do, with all its facts, in both languages', () => {
  for (const words of [en, de])
    for (const code of codes) {
      const facts = { code, at: 7, count: 3, host: 'elsewhere.example' }
      const { says, todo } = tellTrouble(facts, { name: 'Quintus', isMe: false }, words)
      expect(`${says} ${todo}`).not.toMatch(/[{}?]|undefined/)
      expect(says.length > 10 && todo.length > 10).toBe(true)
      // The words of the page name the same facts as those of the SDK.
      const { says: sdkSays, todo: sdkTodo }: { says: string; todo: string } = troubleWords[code]
      const isAboutSomebody = /\{who/.test(sdkSays + sdkTodo)
      expect([code, `${says}${todo}`.includes('Quintus')]).toEqual([code, isAboutSomebody])
      expect(`${says}${todo}`.includes('elsewhere.example')).toBe(sdkSays.includes('{host}'))
    }
  expect(codes.length).toBeGreaterThan(30)
})

test('an admin is told of the way to remove somebody, and others are not', () => {
  const facts = { code: 'unfollowable_commit' } as const
  const told = (mayRemove: boolean) =>
    tellTrouble({ ...facts, ...(mayRemove && { mayRemove }) }, { name: 'ben', isMe: false }, en).todo
  expect([told(true), told(false)].map((todo) => todo.includes('You can remove ben'))).toEqual([true, false])
})

test('a code that this page does not know has words that say what to do', () => {
  expect(failureWords({ code: 'of_tomorrow' }, en)).toBe(en.errors.unexpected)
  expect(noticeWords({ id: 1, code: 'storage_full', message: '' }, de).says).toBe(de.errors.storage_full)
  expect(failureWords({ code: 'toString' }, en)).toBe(en.errors.unexpected)
})
