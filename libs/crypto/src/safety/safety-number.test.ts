import type { UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fingerprint } from './fingerprint.ts'
import { safetyNumber } from './safety-number.ts'

const party = fc.record({
  // The casts hold: these texts have the form of ids.
  userId: fc.uuid().map((id) => id as UserId),
  accountKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
})
/** One number takes 60 ms. */
const few = { numRuns: 15 }

// From libsignal's tests (rust/protocol/src/fingerprint.rs), with telephone numbers as identifiers.
test('a fingerprint equals the published numbers of the construction', () => {
  const utf8 = new TextEncoder()
  const aliceKey = Buffer.from('0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868', 'hex')
  const bobKey = Buffer.from('05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b', 'hex')
  expect(fingerprint(utf8.encode('+14152222222'), aliceKey)).toBe('300354477692869396892869876765')
  expect(fingerprint(utf8.encode('+14153333333'), bobKey)).toBe('458257569162576843440918079131')
})

test('both sides have the same 12 groups of 5 digits', () => {
  fc.assert(
    fc.property(party, party, (alice, bob) => {
      const number = safetyNumber({ mine: alice, theirs: bob })
      expect(number).toMatch(/^\d{5}( \d{5}){11}$/)
      expect(safetyNumber({ mine: bob, theirs: alice })).toBe(number)
    }),
    few,
  )
})

test('another bit in either key, or another user, gives another number', () => {
  fc.assert(
    fc.property(party, party, party, fc.nat({ max: 255 }), (alice, bob, mallory, bit) => {
      fc.pre(bob.userId !== mallory.userId)
      const number = safetyNumber({ mine: alice, theirs: bob })
      const accountKey = bob.accountKey.slice()
      accountKey[bit >> 3]! ^= 1 << (bit & 7)
      expect(safetyNumber({ mine: alice, theirs: { ...bob, accountKey } })).not.toBe(number)
      expect(safetyNumber({ mine: alice, theirs: { ...bob, userId: mallory.userId } })).not.toBe(number)
    }),
    few,
  )
})

test.each([0, 31, 33])('an account key of %i bytes is rejected', (length) => {
  const [alice, bob] = fc.sample(party, 2)
  const wrong = { ...bob!, accountKey: new Uint8Array(length) }
  expect(() => safetyNumber({ mine: alice!, theirs: wrong })).toThrow(RangeError)
})
