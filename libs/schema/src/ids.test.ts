import { Check } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { Bytes, CursorSchema, FixedBytes, GroupNoSchema, SeqSchema, UserIdSchema } from './ids.ts'

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
  ])('is not one with %s', (_, id) => expect(Check(UserIdSchema, id)).toBe(false))
})

describe('a number of the log', () => {
  test('begins where its kind begins', () => {
    expect([Check(SeqSchema, 0), Check(SeqSchema, 1)]).toEqual([false, true])
    expect([Check(CursorSchema, -1), Check(CursorSchema, 0)]).toEqual([false, true])
    expect([Check(GroupNoSchema, 0), Check(GroupNoSchema, 1)]).toEqual([false, true])
  })

  test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', 1n, null])('is not %s', (value) => {
    expect(Check(SeqSchema, value)).toBe(false)
  })
})

describe('bytes', () => {
  test('are bounded in bytes, not in letters', () => {
    const schema = Bytes(3, 'Three at most')
    expect(['', 'Zg', 'Zm9v', 'Zm9vY'].map((text) => Check(schema, text))).toEqual([true, true, true, false])
  })

  test('of a fixed length have that length', () => {
    const key = FixedBytes(32, 'A key')
    expect([42, 43, 44].map((length) => Check(key, 'A'.repeat(length)))).toEqual([false, true, false])
  })

  test.each(['Zg==', 'Zm+v', 'Zm/v', 'Zm 9', 'Zm9\n'])('are not %j', (text) => {
    expect(Check(Bytes(100, 'Some'), text)).toBe(false)
  })
})
