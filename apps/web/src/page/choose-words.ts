import { de } from '../words/de.ts'
import { en, type Words } from '../words/en.ts'

const languages: Readonly<Record<string, Words>> = { en, de }

/** Returns the words in the first language of the person that the page has; otherwise English. */
export function chooseWords(wanted: readonly string[]): { readonly language: string; readonly words: Words } {
  for (const one of wanted) {
    const language = one.toLowerCase().split('-')[0] ?? ''
    const words = Object.hasOwn(languages, language) ? languages[language] : undefined
    if (words) return { language, words }
  }
  return { language: 'en', words: en }
}
