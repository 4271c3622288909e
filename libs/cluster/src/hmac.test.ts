import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hmacSha256 } from './hmac.ts'

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const prefixes = fc.string({ maxLength: 100, unit: 'grapheme-ascii' })

test('computes HMAC-SHA256 for any lengths, and a MAC does not depend on the one before', () => {
  const messages = fc.array(fc.tuple(prefixes, fc.oneof(bytes(200), bytes(20_000))), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(bytes(150), messages, (key, all) => {
      const hmac = hmacSha256(key)
      for (const [prefix, message] of all) {
        const expected = createHmac('sha256', key).update(prefix, 'latin1').update(message).digest('hex')
        expect(hmac(prefix, message).toString('hex')).toBe(expected)
      }
    }),
  )
})
