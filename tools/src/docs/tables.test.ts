import { readFile } from 'node:fs/promises'
import { closeCodes, errorCodes, limits } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { withTables } from './tables.ts'

const marks = (...names: string[]) =>
  names.map((name) => `<!-- ${name}: by -->\nOUTDATED\n<!-- /${name} -->\n`).join('between\n')

test('puts each table between its marks, and is done', () => {
  const page = withTables(marks('errors', 'close-codes', 'limits'))
  for (const code of errorCodes) expect(page).toContain(`| \`${code}\` |`)
  for (const { code, reason } of Object.values(closeCodes)) expect(page).toMatch(new RegExp(`\\| ${code} .*${reason}`))
  for (const [name, value] of Object.entries(limits)) expect(page).toContain(`| \`${name}\` | ${value} |`)
  expect(page).not.toContain('OUTDATED')
  expect(page.match(/between/g)).toHaveLength(2)
  expect(withTables(page)).toBe(page)
})

test('a page without a mark is refused, not left behind', () => {
  expect(() => withTables(marks('errors', 'limits'))).toThrow('close-codes')
})

test('the page that people read has all three', async () => {
  const page = await readFile(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
  expect(withTables(page)).toBe(page)
})
