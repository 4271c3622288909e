import fc from 'fast-check'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { fitRow, layOut, windowOf } from './lay-out.ts'

test('a line is broken at the width of the terminal, and the cursor is at its place in the line', () => {
  expect(layOut({ prompt: '> ', line: 'abcdef', cursor: 6 }, 5)).toEqual({
    rows: ['> abc', 'def'],
    cursorRow: 1,
    cursorColumn: 3,
  })
  expect(layOut({ prompt: '> ', line: 'abcdef', cursor: 1 }, 5)).toMatchObject({ cursorRow: 0, cursorColumn: 3 })
  expect(layOut({ prompt: '> ', line: 'abc', cursor: 3 }, 5)).toEqual({
    rows: ['> abc', ''],
    cursorRow: 1,
    cursorColumn: 0,
  })
  expect(layOut({ prompt: '> ', line: 'a\nb', cursor: 3 }, 5)).toEqual({
    rows: ['> a', 'b'],
    cursorRow: 1,
    cursorColumn: 1,
  })
})

test('wide letters are not broken in two', () => {
  expect(layOut({ prompt: '', line: '日本語', cursor: 3 }, 5).rows).toEqual(['日本', '語'])
  expect(layOut({ prompt: '', line: '👩‍👩‍👧x', cursor: 0 }, 3).rows).toEqual(['👩‍👩‍👧x'])
})

test('for any typed text, rows fit, control no terminal, and the cursor is on one of them', () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\n', '\t', '\u001b', '日', '👍🏽', 'e\u0301', ' '),
      fc.string({ minLength: 1, maxLength: 1 }),
    ),
  })
  fc.assert(
    fc.property(
      text,
      fc.nat(),
      fc.integer({ min: 2, max: 30 }),
      fc.integer({ min: 1, max: 6 }),
      (line, at, columns, maxRows) => {
        const cursor = at % (line.length + 1)
        const layout = layOut({ prompt: '> ', line, cursor }, columns)
        for (const row of layout.rows) {
          expect(stringWidth(row)).toBeLessThanOrEqual(columns)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: rows must have none of them.
          expect(row).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
        }
        expect(layout.cursorColumn).toBeLessThan(columns)
        const shown = windowOf(layout, maxRows)
        expect(shown.rows.length).toBeLessThanOrEqual(maxRows)
        expect(shown.rows[shown.cursorRow]).toBe(layout.rows[layout.cursorRow])
        expect(stringWidth(fitRow(line, columns))).toBeLessThanOrEqual(columns)
      },
    ),
  )
})
