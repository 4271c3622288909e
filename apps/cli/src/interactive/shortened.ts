import { safeName } from '../text/safe-text.ts'

/** The letters that are shown of a message in another chat than the open one. */
const noticeLetters = 72

/** Returns the beginning of a text on one line, safe for a terminal. */
export function shortened(text: string): string {
  const letters = Array.from(safeName(text))
  return letters.length > noticeLetters ? `${letters.slice(0, noticeLetters).join('')}…` : letters.join('')
}
