import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { caseNames } from './case-names.ts'
import { formatMarkdown, type Report } from './report.ts'

const docs = join(import.meta.dirname, '..', '..', 'docs')
const page = readFileSync(join(docs, 'performance.md'), 'utf8')

test('the page of figures explains each case, and no other', () => {
  const [, section = ''] = page.split('## What is measured\n')
  const named = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `([a-z0-9]+)` \|/gm)].map(([, name]) => name)
  expect(named.toSorted()).toEqual([...caseNames].toSorted())
})

test('the table of results is that of the committed measurement', () => {
  // The bench wrote the file, from a report.
  const report = JSON.parse(readFileSync(join(docs, 'performance.json'), 'utf8')) as Report
  const [, table = ''] = formatMarkdown(report).split('\n\n')
  expect(page).toContain(table.trim())
})
