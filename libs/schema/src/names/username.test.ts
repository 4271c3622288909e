import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { usernameOf } from './username.ts'

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789')
const inner = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789._-')
const usernames = fc.oneof(
  letter,
  fc
    .tuple(letter, fc.array(inner, { maxLength: 30 }), letter)
    .map(([first, middle, last]) => `${first}${middle.join('')}${last}`),
)
/** Any code points. The unit `binary` of fast-check takes a second to set up. */
const codePoints = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
/** Returns the text in full-width letters (U+FF01 to U+FF5E). */
const wide = (text: string) => text.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0))

test('a username in capitals or full width has the same one form', () => {
  fc.assert(
    fc.property(usernames, (name) => {
      expect([name, name.toUpperCase(), wide(name), wide(name.toUpperCase())].map(usernameOf)).toEqual(
        Array(4).fill(name),
      )
    }),
  )
})

test('a username is ASCII and its own one form, for any input', () => {
  const text = fc.oneof(
    fc.string({ unit: codePoints, maxLength: 40 }),
    usernames.map(wide),
    fc.string({ unit: fc.constantFrom('a', 'İ', 'ß', '\u200b', '\u0301', '\u202e', 'ａ', '\u212a', '-') }),
  )
  fc.assert(
    fc.property(text, (written) => {
      const username = usernameOf(written)
      if (username === undefined) return
      expect(username).toMatch(/^[a-z0-9._-]{1,32}$/)
      expect(usernameOf(username)).toBe(username)
    }),
    { numRuns: 500 },
  )
})

describe('the one form of a username', () => {
  test.each([
    ['Ada', 'ada'],
    ['\u212aim', 'kim'], // Kelvin sign
    ['\u017fam', 'sam'], // long s
    ['\ufb01n', 'fin'],
    ['a'.repeat(32), 'a'.repeat(32)],
  ])('%j is %s', (written, username) => expect(usernameOf(written)).toBe(username))
})

describe('rejected as a username', () => {
  test.each([
    ['nothing', ''],
    ['a space at an end', ' ada'],
    ['33 letters', 'a'.repeat(33)],
    ['a dot at an end', 'ada.'],
    ['an A of another script', '\u0430da'],
    ['İ, whose lower case is two signs', 'İda'],
    ['ı', 'ıda'],
    ['ß, which folds to two letters', 'weiß'],
    ['a zero-width space', 'a\u200bda'],
    ['a zero-width joiner', 'a\u200dda'],
    ['a soft hyphen', 'a\u00adda'],
    ['a text direction override', 'a\u202eda'],
    ['marks alone', '\u0301\u0302'],
    ['a letter with a mark', 'a\u0301da'],
    ['a lone surrogate', 'a\ud800da'],
    ['one character that NFKC turns into eighteen', '\ufdfa'],
    ['a megabyte', 'a'.repeat(1024 * 1024)],
  ])('%s', (_, written) => expect(usernameOf(written)).toBeUndefined())
})
