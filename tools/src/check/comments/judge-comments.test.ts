import { expect, test } from 'vitest'
import { judgeComments, judgePage, maxColumns, maxSentenceWords } from './judge-comments.ts'

const problems = (source: string) => judgeComments(source).map(({ number, problem }) => `${number} ${problem}`)

test('a doc comment that begins with a sentence is accepted', () => {
  const source = '/**\n * Returns the position of the last entry. Zero for an empty log.\n * More.\n */\nconst a = 1\n'
  expect(problems(source)).toEqual([])
})

test.each([
  ['/** Of the monotonic clock. */', 'is a fragment: begin with the thing or the verb'],
  ['/** What a command works with. */', 'is a fragment: begin with the thing or the verb'],
  ['/** Exclusive. */', 'is a fragment: at least 3 words'],
  ['/** returns the last position. */', 'begins with a small letter'],
  ['/** Returns the last position */', 'does not end with a full stop'],
  [`/** Returns ${'a '.repeat(maxSentenceWords)}position. */`, `at most ${maxSentenceWords}`],
])('the first sentence of %s is rejected', (comment, problem) => {
  expect(problems(comment)).toEqual([expect.stringContaining(problem)])
})

test('a comment line over the limit is reported with its number', () => {
  const line = `// ${'word '.repeat(20)}`
  expect(line.length).toBeGreaterThan(maxColumns)
  expect(problems(`const a = 1\n${line}\n`)).toEqual([expect.stringMatching(/^2 \d+ columns; at most 100$/)])
})

test('a URL that cannot be broken may pass the limit', () => {
  expect(problems(`// https://example.org/${'a'.repeat(100)}`)).toEqual([])
})

test('code is not judged', () => {
  expect(problems(`const long = '${'word '.repeat(40)}'`)).toEqual([])
})

test.each(['// Whoever asks gets it.', '-- A row of its own is kept.', ' * It is stored for good.'])(
  'the phrase of %s is rejected inside a comment',
  (line) => {
    expect(problems(`/**\n * Returns the last row.\n${line}\n */`)).toEqual([
      expect.stringContaining('name who does it'),
    ])
  },
)

test('riddles are found on pages, except in code blocks', () => {
  expect(judgePage('# Title\n\nWhoever asks gets it.\n\n```sh\n# whoever\n```\n')).toEqual([
    { number: 3, problem: '"whoever": name who does it' },
  ])
})
