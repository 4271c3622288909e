import { expect, test } from 'vitest'
import { findEncodings } from './find-encodings.ts'

test.each([
  "const text = bytes.toString('base64url')",
  "const bytes = Buffer.from(text, 'base64url')",
  "const hash = createHash('sha256').update(key).digest('base64url')",
])('%s encodes by the platform', (line) => {
  expect(findEncodings(`const a = 1\n${line}\n`)).toEqual([2])
})

test.each([
  "/** Like `toString('base64url')`. */",
  "const problem = { path, rule: 'base64url' }",
  'const text = toBase64Url(bytes)',
  "const hash = createHash('sha256').update(key).digest('hex')",
])('%s does not', (line) => {
  expect(findEncodings(line)).toEqual([])
})
