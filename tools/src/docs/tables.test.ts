import { readFile } from 'node:fs/promises'
import { maxPlaintextBytes } from '@fastchat/crypto'
import { commitRefusals, handshakeErrors } from '@fastchat/crypto/verify'
import { closeCodes, errorCodes, limits, payloads } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { encodingTables, protocolTables, withTables } from './tables.ts'

const marks = (...names: string[]) =>
  names.map((name) => `<!-- ${name}: by -->\nOUTDATED\n<!-- /${name} -->\n`).join('between\n')

test('puts each table between its marks, and changes nothing the second time', () => {
  const page = withTables(marks(...Object.keys(protocolTables)), protocolTables)
  for (const code of errorCodes) expect(page).toContain(`| \`${code}\` |`)
  for (const { code, reason } of Object.values(closeCodes)) expect(page).toMatch(new RegExp(`\\| ${code} .*${reason}`))
  for (const [name, value] of Object.entries(limits)) expect(page).toContain(`| \`${name}\` | ${value} |`)
  expect(page).not.toContain('OUTDATED')
  for (const reason of [...Object.keys(commitRefusals), ...Object.keys(handshakeErrors)])
    expect(page).toContain(`| \`${reason}\` |`)
  expect(page.match(/between/g)).toHaveLength(Object.keys(protocolTables).length - 1)
  expect(withTables(page, protocolTables)).toBe(page)
})

test('a page without a mark is rejected', () => {
  expect(() => withTables(marks('errors', 'limits'), protocolTables)).toThrow('close-codes')
})

test.each([
  ['protocol.md', protocolTables],
  ['encodings.md', encodingTables],
])('%s has all of its tables', async (name, tables) => {
  const page = await readFile(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')
  expect(withTables(page, tables)).toBe(page)
})

test('lists every kind of message with every field', () => {
  for (const [kind, { properties }] of Object.entries(payloads)) {
    const row = encodingTables.payloads?.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`))
    for (const field of Object.keys(properties).filter((name) => name !== 'v' && name !== 'kind'))
      expect(row).toContain(`\`${field}\``)
  }
})

test('lists paddings up to that of the largest plaintext', () => {
  expect(encodingTables.padding).toMatch(new RegExp(`\\| ${maxPlaintextBytes} \\| \\d+ \\|$`))
})
