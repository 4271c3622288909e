import type { OwnContents } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeOwn, encodeOwn, mergeOwn, noContents, sameOwn } from './own-contents.ts'

const key = 'chat/x'
const stamped = fc.record({
  n: fc.nat(3),
  d: fc.constantFrom('a', 'b'),
  x: fc.oneof(fc.nat(2), fc.constant({ until: null })),
})
const contents: fc.Arbitrary<OwnContents> = fc.record({
  v: fc.constant(1 as const),
  key: fc.constant(key),
  read: fc.nat(5),
  fields: fc.dictionary(fc.constantFrom('muted', 'pinned', 'later'), stamped),
})

test('devices that merge the same records in any order, and some twice, end with the same', () => {
  fc.assert(
    fc.property(contents, contents, contents, (a, b, c) => {
      const one = mergeOwn(mergeOwn(a, b), c)
      const other = mergeOwn(mergeOwn(mergeOwn(c, b), a), b)
      expect(sameOwn(one, other)).toBe(true)
    }),
  )
})

test('a read position never goes back, and a later stamp wins whatever the clocks say', () => {
  const early: OwnContents = { v: 1, key, read: 7, fields: { muted: { n: 5, d: 'a', x: 1 } } }
  const late: OwnContents = { v: 1, key, read: 3, fields: { muted: { n: 6, d: 'b' } } }
  expect(mergeOwn(early, late)).toEqual({ v: 1, key, read: 7, fields: { muted: { n: 6, d: 'b' } } })
})

test('fields and names of a newer version survive reading, merging and writing', () => {
  const grown = { v: 1, key, fields: { colour: { n: 1, d: 'a', x: 'red' } }, extra: [1] }
  const read = decodeOwn(new TextEncoder().encode(JSON.stringify(grown)))
  expect(JSON.parse(new TextDecoder().decode(encodeOwn(mergeOwn(noContents(key), read))))).toEqual(grown)
})

test.each([
  ['no JSON', 'x'],
  ['another version', '{"v":2,"key":"a","fields":{}}'],
  ['a read position that is none', '{"v":1,"key":"a","read":-1,"fields":{}}'],
  ['a stamp that leaves no room for a later one', '{"v":1,"key":"a","fields":{"m":{"n":9007199254740991,"d":"a"}}}'],
  ['a field without a name', '{"v":1,"key":"a","fields":{"__proto__":{"n":1,"d":"a"}}}'],
])('%s is refused', (_, text) => {
  expect(() => decodeOwn(new TextEncoder().encode(text))).toThrow(RangeError)
})
