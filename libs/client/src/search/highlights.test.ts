import fc from 'fast-check'
import { expect, test } from 'vitest'
import { highlightsIn } from './highlights.ts'

const found = (text: string, query: string) => highlightsIn(text, query).map(({ from, to }) => text.slice(from, to))

test.each([
  ['The plum tree, and Plums', 'PLUM', ['plum', 'Plums']],
  ['plums and a tree', 'plum tree', ['tree']],
  ['Ein Café in Zürich', 'cafe zur', ['Café', 'Zürich']],
  ['Die Straße', 'strasse', ['Straße']],
  ['今日は東京に行く', '東京', ['東京']],
  ['nothing here', 'else', []],
  ['some text', '  ', []],
])('in %j the query %j finds %j', (text, query, words) => {
  expect(found(text, query)).toEqual(words)
})

test('the parts lie in the text, in order, and do not overlap', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'ä', 'ß', ' ', '東', '\u0301', '-', 'ﬁ'), maxLength: 30 })
  fc.assert(
    fc.property(letters, letters, (text, query) => {
      let end = 0
      for (const { from, to } of highlightsIn(text, query)) {
        expect(from).toBeGreaterThanOrEqual(end)
        expect(to).toBeGreaterThan(from)
        expect(to).toBeLessThanOrEqual(text.length)
        end = to
      }
    }),
  )
})
