import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readPage, root } from './pages.ts'

const folder = 'apps/cli/src/commands'
const sources = globSync(`${folder}/*.ts`, { cwd: root })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => readFileSync(join(root, path), 'utf8'))
  .join('\n')
/** The types of printed objects: as fields, and as the union of what was done. */
const printed = new Set([
  ...[...sources.matchAll(/\btype: '(\w+)'/g)].map(([, type]) => type),
  ...[...sources.matchAll(/^type Done = (.+)$/gm)].flatMap(([, union = '']) => union.match(/\w+/g) ?? []),
])
const page = readPage('apps/cli/README.md').split('## JSON\n')[1]?.split('\n## ')[0] ?? ''

test('the page of the command line explains each type of printed object', () => {
  const named = new Set(
    [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) => cell.match(/(?<=`)\w+(?=`)/g) ?? []),
  )
  const ofLines = new Set(['message', 'change', 'system', 'gap'])
  expect(printed.size).toBeGreaterThan(50)
  expect([...printed].filter((type) => !named.has(type ?? '') && !ofLines.has(type ?? ''))).toEqual([])
})

test('the page names each kind of system line', () => {
  const events = readFileSync(join(root, 'libs/client/src/store/system-event.ts'), 'utf8')
  const kinds = [...events.matchAll(/kind: ((?:'\w+'(?: \| )?)+)/g)].flatMap(
    ([, union = '']) => union.match(/\w+/g) ?? [],
  )
  expect(kinds.length).toBeGreaterThan(20)
  expect(kinds.filter((kind) => !page.includes(`\`${kind}\``))).toEqual([])
})
