import { fromBase64Url, toBase64Url as portable } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromCheckedBase64Url, sizeOfBase64Url, toBase64Url } from './base64url.ts'

test('native and portable base64url are the same', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(8), (whole, from) => {
      const bytes = whole.subarray(from)
      const text = toBase64Url(bytes)
      expect(text).toBe(portable(bytes))
      expect([...fromCheckedBase64Url(text)]).toEqual([...fromBase64Url(text)])
      expect(sizeOfBase64Url(text)).toBe(bytes.length)
    }),
  )
})
