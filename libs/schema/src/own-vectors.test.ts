import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from './base64url.ts'
import { Bytes } from './ids.ts'

const file = join(import.meta.dirname, '../../../docs/test-vectors/base64url.json')
// The cast holds because the generator of the vectors writes this form.
const vectors = JSON.parse(readFileSync(file, 'utf8')) as {
  accepted: { bytes: string; text: string }[]
  refused: { why: string; text: string }[]
}

describe('the test vectors of base64url', () => {
  test.each(vectors.accepted)('"$bytes" is encoded, decoded and accepted by the schema', ({ bytes, text }) => {
    expect(toBase64Url(Buffer.from(bytes, 'hex'))).toBe(text)
    expect(Buffer.from(fromBase64Url(text)).toString('hex')).toBe(bytes)
    expect(Check(Bytes(100, 'Some'), text)).toBe(true)
  })

  test.each(vectors.refused)('$why is rejected by the decoder and the schema', ({ text }) => {
    expect(() => fromBase64Url(text)).toThrow(RangeError)
    expect(Check(Bytes(100, 'Some'), text)).toBe(false)
  })
})
