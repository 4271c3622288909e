import { expect, test } from 'vitest'
import { mayUseGlobals } from './allowed-globals.ts'
import { findGlobals } from './find-globals.ts'

test.each([
  ['const at = Date.now()', 'Date.now'],
  ['const at = new Date()', 'new Date()'],
  ['start({ clock: systemClock })', 'systemClock'],
  ['const random = options.random ?? Math.random', 'Math.random'],
  ['genReqId: () => randomUUID(),', 'randomUUID'],
  ['crypto.getRandomValues(bytes)', 'getRandomValues'],
  ['export const newId = (): Id => uuidv7() as Id', 'uuidv7'],
])('%s reads a clock or draws random numbers', (line, name) => {
  expect(findGlobals(`const a = 1\n${line}\n`)).toEqual([{ number: 2, name }])
})

test.each([
  '/** Returns a number; by default `Math.random`. */',
  "import { randomUUID } from 'node:crypto'",
  "import {\n  randomBytes,\n  type Hash,\n} from 'node:crypto'",
  'const end = new Date(endMs)',
  'const at = clock.wallMs()',
  'const drawn = random()',
])('%s does neither', (source) => {
  expect(findGlobals(source)).toEqual([])
})

test('the line after an import is looked at', () => {
  expect(findGlobals("import { randomUUID } from 'node:crypto'\nexport const newId = randomUUID\n")).toEqual([
    { number: 2, name: 'randomUUID' },
  ])
})

test('mains and the files of the list may, others may not', () => {
  expect(mayUseGlobals('services/chat/src/deps.ts')).toBe(true)
  expect(mayUseGlobals('libs/crypto/src/account/seal.ts')).toBe(true)
  expect(mayUseGlobals('services/chat/src/store/writer.ts')).toBe(false)
})
