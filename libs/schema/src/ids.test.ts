import fc from 'fast-check'
import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { fromBase64Url, toBase64Url } from './base64url.ts'
import { Bytes, CursorSchema, FixedBytes, GroupNoSchema, MessageIdSchema, SeqSchema, UserIdSchema } from './ids.ts'
import { limits } from './limits.ts'

const uuidV7 = '019abcde-f012-7345-8678-9abcdef01234'

describe('an id', () => {
  test.each([uuidV7, '3f2504e0-4f89-41d3-9a0c-0305e82c3301'])('is %s', (id) =>
    expect(Check(UserIdSchema, id)).toBe(true),
  )

  test.each([
    ['upper case', uuidV7.toUpperCase()],
    ['no dashes', uuidV7.replaceAll('-', '')],
    ['braces', `{${uuidV7}}`],
    ['something before', `x${uuidV7}`],
    ['something after', `${uuidV7}\n`],
    ['version 9', uuidV7.replace('-7345', '-9345')],
    ['another variant', uuidV7.replace('-8678', '-c678')],
    ['the nil UUID', '00000000-0000-0000-0000-000000000000'],
    ['a number', 7],
    ['an object that prints as one', { toString: () => uuidV7 }],
  ])('is not valid with %s', (_, id) => expect(Check(UserIdSchema, id)).toBe(false))
})

test('the id of a message must be a UUIDv7, which has a time', () => {
  expect(Check(MessageIdSchema, uuidV7)).toBe(true)
  expect(Check(MessageIdSchema, '3f2504e0-4f89-41d3-9a0c-0305e82c3301')).toBe(false)
})

describe('a position in the log', () => {
  test('has the minimum of its kind: 1 for positions and group numbers, 0 for cursors', () => {
    expect([Check(SeqSchema, 0), Check(SeqSchema, 1)]).toEqual([false, true])
    expect([Check(CursorSchema, -1), Check(CursorSchema, 0)]).toEqual([false, true])
    expect([Check(GroupNoSchema, 0), Check(GroupNoSchema, 1)]).toEqual([false, true])
  })

  test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', 1n, null])('cannot be %s', (value) => {
    expect(Check(SeqSchema, value)).toBe(false)
  })
})

describe('bytes', () => {
  test('are limited in bytes, not in letters', () => {
    const schema = Bytes(3, 'Three at most')
    expect(['', 'Zg', 'Zm9v', 'Zm9vY'].map((text) => Check(schema, text))).toEqual([true, true, true, false])
  })

  test('of a fixed length have that length', () => {
    const key = FixedBytes(32, 'A key')
    expect([42, 43, 44].map((length) => Check(key, 'A'.repeat(length)))).toEqual([false, true, false])
  })

  test.each(['Zg==', 'Zm+v', 'Zm/v', 'Zm 9', 'Zm9\n', 'Zh', 'Zm9', 'Zm9vY'])('cannot be written as %j', (text) => {
    expect(Check(Bytes(100, 'Some'), text)).toBe(false)
  })

  test('are accepted by the schema if and only if fromBase64Url accepts them', () => {
    const letters = fc.constantFrom(...'ABQgwAEIMQUYcgkosw048_-=x')
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 9 }), (text) => {
        expect(Check(Bytes(100, 'Some'), text)).toBe(isRead(text))
      }),
      { numRuns: 3_000 },
    )
  })

  test.each([16, 32, 64])('of a fixed length of %i accept their encoding and no spare bits', (length) => {
    const schema = FixedBytes(length, 'A key')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (bytes) => {
        const text = toBase64Url(bytes)
        expect(Check(schema, text)).toBe(true)
        expect(Check(schema, `${text.slice(0, -1)}B`)).toBe(false)
      }),
    )
  })

  test('of the largest commit are checked without a stack overflow', () => {
    const schema = Bytes(limits.maxCommitBytes, 'A commit')
    const text = 'A'.repeat(Math.floor(limits.maxCommitBytes / 3) * 4)
    expect(Check(schema, text)).toBe(true)
    expect(Check(schema, `${text}=`)).toBe(false)
  })
})

function isRead(text: string): boolean {
  try {
    fromBase64Url(text)
    return true
  } catch {
    return false
  }
}
