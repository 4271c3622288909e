import { expect, test } from 'vitest'
import { parseMoment } from './parse-moment.ts'

const now = new Date(2026, 10, 30, 18, 30, 15)
const at = (text: string) => new Date(parseMoment(text, '--since', now))

test('a duration, a day and a local time each give a moment', () => {
  expect(now.getTime() - at('90s').getTime()).toBe(90_000)
  expect(now.getTime() - at('2h').getTime()).toBe(7_200_000)
  expect(now.getTime() - at('1w').getTime()).toBe(7 * 86_400_000)
  expect(at('today')).toEqual(new Date(2026, 10, 30))
  expect(at('yesterday')).toEqual(new Date(2026, 10, 29))
  expect(at('2026-11-02')).toEqual(new Date(2026, 10, 2))
  expect(at(' 2026-11-02 07:05 ')).toEqual(new Date(2026, 10, 2, 7, 5))
  expect(at('2026-11-02T07:05:09')).toEqual(new Date(2026, 10, 2, 7, 5, 9))
})

test('a time with its zone gives that moment, as --json prints it', () => {
  expect(at('2026-11-02T07:05:09.123Z').toISOString()).toBe('2026-11-02T07:05:09.123Z')
  expect(at('2026-11-02T07:05+02:00').toISOString()).toBe('2026-11-02T05:05:00.000Z')
})

test('anything else is rejected with the name of the option', () => {
  for (const text of [
    '',
    'soon',
    '5',
    '-2h',
    '2026-02-30',
    '2026-13-01',
    '2026-11-02T25:00',
    '2026-11-02T07:05X',
    '99999999d',
  ])
    expect(() => at(text)).toThrow(
      expect.objectContaining({ exitCode: 64, message: expect.stringContaining('--since') }),
    )
})
