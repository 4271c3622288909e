import { randomBytes } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesHolding } from './files-holding.ts'

test('part of a value is found anywhere in a file; zeros and other bytes are not found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fastchat-search-'))
  const value = randomBytes(100)
  writeFileSync(join(folder, 'whole'), value)
  writeFileSync(join(folder, 'part'), Buffer.concat([randomBytes(1001), value.subarray(40, 55)]))
  writeFileSync(join(folder, 'too little'), value.subarray(40, 47))
  writeFileSync(join(folder, 'zeros'), new Uint8Array(100))
  expect(filesHolding(folder, [new Uint8Array(32), value]).toSorted()).toEqual(['part', 'whole'])
  expect(filesHolding(folder, [])).toEqual([])
})
