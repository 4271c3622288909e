import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { wrapRows } from './wrap-rows.ts'

test('a long line is broken at spaces, and its further rows are indented', () => {
  expect(wrapRows('12:04 ann: one two three four five', 20)).toEqual(['12:04 ann: one two', '     three four five'])
  expect(wrapRows('short\nlines', 20)).toEqual(['short', 'lines'])
})

test('a word that is longer than a row is broken, and no row looks like another message', () => {
  const rows = wrapRows(`12:04 ann: ${'x'.repeat(24)}12:05 bob: hi`, 24)
  expect(rows[0]).toBe('12:04 ann:')
  for (const row of rows.slice(1)) expect(row).toMatch(/^ {6}/)
})

test('wide letters and emoji count as two columns, and are never broken in two', () => {
  expect(wrapRows('日本語日本語日本語', 8)).toEqual(['日本語日', '  本語日', '  本語'])
  for (const row of wrapRows('👩‍👩‍👧'.repeat(9), 8)) expect(stringWidth(row)).toBeLessThanOrEqual(8)
})

test('codes of colours take no column', () => {
  const [red, off] = ['\u001b[31m', '\u001b[39m']
  expect(wrapRows(`${red}abcd${off}`, 4)).toEqual([`${red}abcd${off}`])
})

test('a part with an isolated direction is isolated in each row', () => {
  const rows = wrapRows(`12:04 ann: \u2068${'שלום '.repeat(12)}\u2069`, 30)
  expect(rows.length).toBeGreaterThan(2)
  for (const row of rows) {
    expect(row.split('\u2068').length).toBe(row.split('\u2069').length)
    expect(row.indexOf('\u2068')).toBeLessThan(row.lastIndexOf('\u2069') + 1)
  }
})

test('for any text, rows fit and lose nothing but spaces', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(' ', '日', '👍🏽', 'e\u0301', '\u001b[1m'),
      fc.string({ minLength: 1, maxLength: 1, unit: 'grapheme-ascii' }),
    ),
  })
  fc.assert(
    fc.property(text, fc.integer({ min: 8, max: 40 }), (line, columns) => {
      const rows = wrapRows(line, columns)
      for (const row of rows) expect(stringWidth(row)).toBeLessThanOrEqual(columns)
      expect(rows.join('').replaceAll(' ', '')).toBe(line.replaceAll(' ', ''))
    }),
  )
})
