import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from './base64url.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const text = (maxLength: number) => fc.string({ unit: fc.constantFrom(...letters), maxLength })

describe('base64url', () => {
  // The vectors of RFC 4648 §10, and bytes that need - and _.
  test.each([
    ['', []],
    ['Zg', [0x66]],
    ['Zm8', [0x66, 0x6f]],
    ['Zm9v', [0x66, 0x6f, 0x6f]],
    ['-_8', [0xfb, 0xff]],
  ])('%j encodes %j', (encoded, bytes) => {
    expect(toBase64Url(Uint8Array.from(bytes))).toBe(encoded)
    expect([...fromBase64Url(encoded)]).toEqual(bytes)
  })

  test('decoding returns the encoded bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)
      }),
    )
  })

  test('decoding returns 100 001 encoded bytes', () => {
    const bytes = Uint8Array.from({ length: 100_001 }, (_, at) => at % 251)
    expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)
  })

  test('encodes as Node does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      }),
    )
  })

  test('accepts only one text for the same bytes', () => {
    fc.assert(
      fc.property(text(12), (encoded) => {
        const read = attempt(encoded)
        if (read !== undefined) expect(toBase64Url(read)).toBe(encoded)
      }),
      { numRuns: 2_000 },
    )
  })

  test.each([
    ['padding', 'Zg=='],
    ['spare bits in two letters', 'Zh'],
    ['spare bits in three letters', 'Zm9'],
    ['a single letter at the end', 'Zm9vY'],
    ['letters of base64', '+/8='],
    ['white space', 'Zm9v\n'],
    ['another alphabet', 'Ζg'],
  ])('rejects %s', (_, encoded) => expect(() => fromBase64Url(encoded)).toThrow(RangeError))
})

function attempt(encoded: string): Uint8Array | undefined {
  try {
    return fromBase64Url(encoded)
  } catch {
    return undefined
  }
}
