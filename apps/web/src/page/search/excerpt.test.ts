import { expect, test } from 'vitest'
import { excerptOf } from './excerpt.ts'

test('the found words of a short text are pieces of it', () => {
  expect(excerptOf('a plum tree', [{ from: 2, to: 6 }])).toEqual([
    { text: 'a ', isFound: false },
    { text: 'plum', isFound: true },
    { text: ' tree', isFound: false },
  ])
})

test('a long text is cut around the first found word', () => {
  const text = `${'before '.repeat(50)}plum${' after'.repeat(80)}`
  const from = text.indexOf('plum')
  const pieces = excerptOf(text, [{ from, to: from + 4 }])
  expect(pieces.map((piece) => piece.text).join('')).toMatch(/^…before .*before plum after .*…$/)
  expect(pieces.filter(({ isFound }) => isFound)).toEqual([{ text: 'plum', isFound: true }])
})
