import { expect, test } from 'vitest'
import { allEmoji } from '../emoji/emoji-data.ts'
import { completed, emojiFor, mentionsFor, wantedAt, withAllEmojiNamed, withEmojiNamed } from './completions.ts'

const at = (text: string) => ({ text, caret: text.length })

test.each([
  ['hi @be', { kind: 'mention', query: 'be', from: 3 }],
  ['@', { kind: 'mention', query: '', from: 0 }],
  ['so :smi', { kind: 'emoji', query: 'smi', from: 3 }],
  ['me@ben', undefined],
  ['at 10:30', undefined],
  ['a :)', undefined],
  ['http://x', undefined],
])('in %j the word to complete is %j', (text, wanted) => {
  expect(wantedAt(at(text))).toEqual(wanted)
})

test('names and emoji are suggested, and take the place of the word', () => {
  expect(mentionsFor(['Ben', 'bea', 'carl'], 'BE').map(({ label }) => label)).toEqual(['@Ben', '@bea'])
  expect(completed({ text: 'hi @be there', caret: 6 }, 3, { label: '', insert: '@ben ' })).toEqual({
    text: 'hi @ben there',
    caret: 8,
  })
  expect(emojiFor(allEmoji, 'joy')[0]?.label).toBe('😂 :joy:')
})

test('a whole name between colons becomes its emoji', () => {
  expect(withEmojiNamed(at('well :tada:'), allEmoji)).toEqual({ text: 'well 🎉', caret: 7 })
  expect(withEmojiNamed(at('well :nosuch:'), allEmoji)).toBeUndefined()
  expect(withEmojiNamed(at('at 10:30:'), allEmoji)).toBeUndefined()
})

test('names that were written before the emoji came become emoji, and the caret stays in its word', () => {
  const written = { text: 'a :tada: b :nosuch: c', caret: 10 }
  expect(withAllEmojiNamed(written, allEmoji)).toEqual({ text: 'a 🎉 b :nosuch: c', caret: 6 })
})
