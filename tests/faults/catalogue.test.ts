import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cases } from './cases/index.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'reliability.md'), 'utf8')
const rows = [...page.matchAll(/^\| ([FA]-\d\d)( ★)? \| .* \| (.*) \|$/gm)].map(([, id = '', star, where = '']) => ({
  id,
  isStarred: star !== undefined,
  where,
}))

test('the page has every case of the harness, and says which are in every test run', () => {
  for (const { id, isStarred = false } of cases) {
    const row = rows.find((one) => one.id === id)
    expect(row, id).toMatchObject({ isStarred, where: expect.stringContaining('npm run faults -- ') })
  }
})

test('the page names no case that is not there', () => {
  const known = new Set(cases.map(({ id }) => id))
  const named = rows.filter(({ where }) => where.includes('npm run faults -- F-')).map(({ id }) => id)
  expect(named.filter((id) => !known.has(id))).toEqual([])
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
})
