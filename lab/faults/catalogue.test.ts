import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { testedCases } from './cases/by-test.ts'
import { cases } from './cases/index.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reliability.md'), 'utf8')
const rows = [...page.matchAll(/^\| ([FA]-\d\d)( ★)? \| .* \| (.*) \|$/gm)].map(([, id = '', star, where = '']) => ({
  id,
  isStarred: star !== undefined,
  where,
}))

test('the page lists every case of the harness, and marks those in every test run', () => {
  for (const { id, isStarred = false } of cases) {
    const row = rows.find((one) => one.id === id)
    expect(row, id).toMatchObject({ isStarred, where: expect.stringContaining('npm run faults -- ') })
  }
})

test('a case that is a test names existing files, and the page links them', () => {
  for (const { id, tests } of testedCases) {
    for (const file of tests) {
      expect(existsSync(join(import.meta.dirname, '..', '..', file)), file).toBe(true)
      expect(rows.find((one) => one.id === id)?.where, id).toContain(`(../${file})`)
    }
  }
})

test('the page lists no unknown case, and none twice', () => {
  const known = new Set([...cases, ...testedCases].map(({ id }) => id))
  const named = rows.map(({ id }) => id)
  expect(named.filter((id) => !known.has(id))).toEqual([])
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
})
