import { expect, test } from 'vitest'
import { emojiOf, isEmoji } from './is-emoji.ts'

test.each(['👍', '❤️', '👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁷󠁬󠁳󠁿', '👋🏽', '1️⃣', '🇦🇹'])('%s is one emoji', (emoji) => {
  expect(isEmoji(emoji)).toBe(true)
  expect(emojiOf(` ${emoji} `)).toBe(emoji)
})

test.each(['', ' ', '👍👍', 'a', '1', 'ok 👍', '👍\u202e', '\u200d', '👍'.repeat(1000), '\ufe0f', '\u{1f3fd}\u0301'])(
  '"%s" is not one emoji',
  (text) => {
    expect(isEmoji(text)).toBe(false)
    expect(emojiOf(text)).toBeUndefined()
  },
)

test('a heart from a keyboard without the mark of an emoji gets it', () => {
  expect(isEmoji('❤')).toBe(false)
  expect(emojiOf('❤')).toBe('❤️')
})
