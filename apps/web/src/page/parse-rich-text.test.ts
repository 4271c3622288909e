import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRichText } from './parse-rich-text.ts'

test('links of the web, bold, italic and code are found', () => {
  expect(parseRichText('see https://example.org/a?b=1. **Now**, _really_: `x < 1`')).toEqual([
    { kind: 'plain', text: 'see ' },
    { kind: 'link', text: 'https://example.org/a?b=1' },
    { kind: 'plain', text: '. ' },
    { kind: 'bold', text: 'Now' },
    { kind: 'plain', text: ', ' },
    { kind: 'italic', text: 'really' },
    { kind: 'plain', text: ': ' },
    { kind: 'code', text: 'x < 1' },
  ])
})

test('a block of code keeps its lines, and nothing in it is a mark', () => {
  expect(parseRichText('so:\n```ts\nconst **a** = `x`\n\n_b_\n```\ndone')).toEqual([
    { kind: 'plain', text: 'so:\n' },
    { kind: 'block', text: 'const **a** = `x`\n\n_b_' },
    { kind: 'plain', text: '\ndone' },
  ])
})

test('only the named members are mentions, and no address has one', () => {
  expect(parseRichText('@Ben, ask @eve or me@ben.org', ['ben'])).toEqual([
    { kind: 'mention', text: '@Ben' },
    { kind: 'plain', text: ', ask @eve or me@ben.org' },
  ])
})

test.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'https://', 'snake_case_name', '2 * 3 ** 4'])(
  '%s stays a text',
  (text) => {
    expect(parseRichText(text)).toEqual([{ kind: 'plain', text }])
  },
)

test('no letter of a text is lost, and only addresses of the web are links', () => {
  const piece = fc.constantFrom(
    '```',
    '@ben',
    '*',
    '**',
    '_',
    '`',
    'https://a.b/',
    'javascript:',
    ' ',
    'ab',
    '<img>',
    '\n',
    '.',
    '٣',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('')
      const parts = parseRichText(text, ['ben'])
      // The line ends beside the marks of a block belong to the marks.
      const letters = (words: string) => words.replaceAll(/[*_`\n]/g, '')
      expect(letters(parts.map((part) => part.text).join(''))).toBe(letters(text))
      for (const part of parts) if (part.kind === 'link') expect(part.text).toMatch(/^https?:\/\/[^\s<>]+$/)
    }),
  )
})
