import { expect, test } from 'vitest'
import { timeSpan } from './time-span.ts'

test('a time is told in its largest whole unit, in the language of the person', () => {
  expect([30, 60, 5_400, 86_400, 604_800].map((seconds) => timeSpan(seconds, 'en'))).toEqual([
    ...['30 seconds', '1 minute', '90 minutes', '1 day', '1 week'],
  ])
  expect(timeSpan(2 * 86_400, 'de')).toBe('2 Tage')
})
