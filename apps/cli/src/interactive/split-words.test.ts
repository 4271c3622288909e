import { expect, test } from 'vitest'
import { splitWords } from './split-words.ts'

test.each([
  ['new trip bob', ['new', 'trip', 'bob']],
  ['  new   "Road trip"  bob ', ['new', 'Road trip', 'bob']],
  ["it's 'two words'", ['its two', 'words']],
  ['Road" trip"x', ['Road tripx']],
  ['"say \\"hi\\""', ['say "hi"']],
  ['my\\ cat.png', ['my cat.png']],
  ['"open', ['open']],
  ['""', ['']],
  ['', []],
])('%s', (line, words) => expect(splitWords(line)).toEqual(words))
