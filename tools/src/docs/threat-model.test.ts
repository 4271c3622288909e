import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const docs = join(import.meta.dirname, '..', '..', '..', 'docs')
const model = readFileSync(join(docs, 'threat-model.md'), 'utf8')

/** Sections whose promises no test of this repository could show. */
const withoutPromises = ['In short', 'Which test shows what', 'Supply chain']

const [, list = ''] = model.split('## Which test shows what\n')
const rows = [...(list.split('\n## ')[0] ?? '').matchAll(/^\| \[(.+)\]\(#.+\) \| (.+) \| (.+) \|$/gm)].map(
  ([, section = '', promise = '', shownBy = '']) => ({ section, promise, shownBy }),
)

test.each(rows)('an existing test shows: $promise', ({ shownBy }) => {
  const files = [...shownBy.matchAll(/\[`(.+?)`\]\((.+?)\)/g)].map(([, name = '', path = '']) => ({ name, path }))
  expect(files.length).toBeGreaterThan(0)
  expect(shownBy.split(', ')).toHaveLength(files.length)
  for (const { name, path } of files) {
    expect(path.split('/').at(-1)).toBe(name)
    expect(name).toMatch(/\.test\.ts$/)
    expect(readFileSync(join(docs, path), 'utf8')).toMatch(/^\s*(test|describe)(\.each)?\b/m)
  }
})

test('every section with a promise names a test', () => {
  const sections = [...model.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)
  const shown = new Set(rows.map(({ section }) => section))
  expect(sections.filter((one) => !withoutPromises.includes(one) && !shown.has(one))).toEqual([])
  expect([...shown].filter((one) => !sections.includes(one))).toEqual([])
})
