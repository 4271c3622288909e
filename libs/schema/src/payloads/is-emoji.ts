import { maxEmojiCodePoints } from './messages.ts'

/** The expression is made at its first use: that takes time, and many programs never use it. */
let emoji: RegExp | undefined
const onlyEmoji = () => (emoji ??= /^\p{RGI_Emoji}$/v)

/** Each code point takes one or two code units. */
const maxCodeUnits = 2 * maxEmojiCodePoints

/**
 * Returns the emoji that a person has typed, as reactions hold it. Some keyboards leave out the
 * mark that makes a sign an emoji. Undefined when the text is not one emoji.
 */
export function emojiOf(written: string): string | undefined {
  const typed = written.trim().normalize('NFC')
  return [typed, `${typed}\ufe0f`].find(isEmoji)
}

/** Returns whether a text is exactly one emoji that Unicode recommends. */
export const isEmoji = (text: string): boolean => text.length <= maxCodeUnits && onlyEmoji().test(text)
