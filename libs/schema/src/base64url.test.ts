import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from './base64url.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const text = (maxLength: number) => fc.string({ unit: fc.constantFrom(...letters), maxLength })

describe('base64url', () => {
  // RFC 4648 §10, and bytes that need the two letters that base64 does not have.
  test.each([
    ['', []],
    ['Zg', [0x66]],
    ['Zm8', [0x66, 0x6f]],
    ['Zm9v', [0x66, 0x6f, 0x6f]],
    ['-_8', [0xfb, 0xff]],
  ])('%j stands for %j', (encoded, bytes) => {
    expect(toBase64Url(Uint8Array.from(bytes))).toBe(encoded)
    expect([...fromBase64Url(encoded)]).toEqual(bytes)
  })

  test('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)
      }),
    )
  })

  test('gives back bytes that do not fit into one call', () => {
    const bytes = Uint8Array.from({ length: 100_001 }, (_, at) => at % 251)
    expect(fromBase64Url(toBase64Url(bytes))).toEqual(bytes)
  })

  test('agrees with the runtime’s own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(toBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
      }),
    )
  })

  test('takes each bytes in one form only: what it reads, it would write', () => {
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
    ['a lonely letter', 'Zm9vY'],
    ['base64’s own letters', '+/8='],
    ['white space', 'Zm9v\n'],
    ['another alphabet', 'Ζg'],
  ])('refuses %s', (_, encoded) => expect(() => fromBase64Url(encoded)).toThrow(RangeError))
})

function attempt(encoded: string): Uint8Array | undefined {
  try {
    return fromBase64Url(encoded)
  } catch {
    return undefined
  }
}
