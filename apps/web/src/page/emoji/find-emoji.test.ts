import { isEmoji } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { allEmoji } from './emoji-data.ts'
import { emojiNamed, findEmoji } from './find-emoji.ts'

test.each([
  ['joy', '😂'],
  ['thumbsup', '👍'],
  ['red heart', '❤️'],
  ['tada', '🎉'],
])('the first emoji for %s is %s', (query, emoji) => {
  expect(findEmoji(allEmoji, query, 5)[0]?.emoji).toBe(emoji)
})

test('a word in the middle is found, and one that no emoji has is not', () => {
  expect(findEmoji(allEmoji, 'germany')[0]?.emoji).toBe('🇩🇪')
  expect(findEmoji(allEmoji, 'qqqq')).toEqual([])
  expect(emojiNamed(allEmoji, '+1')).toBe('👍')
  expect(emojiNamed(allEmoji, 'no such name')).toBeUndefined()
})

test('each emoji can be a reaction', () => {
  expect(allEmoji.filter(({ emoji }) => !isEmoji(emoji))).toEqual([])
})
