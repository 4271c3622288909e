import { expect, test } from 'vitest'
import { durationWords } from './durations.ts'

test.each([
  [30, 'en', '30 seconds'],
  [90, 'en', '90 seconds'],
  [3600, 'en', '1 hour'],
  [4 * 7 * 24 * 3600, 'en', '4 weeks'],
  [365 * 24 * 3600, 'de', '1 Jahr'],
])('%i seconds in %s are %s', (seconds, language, words) => {
  expect(durationWords(seconds, language)).toBe(words)
})
