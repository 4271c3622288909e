import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countLetters } from './count-letters.ts'
import { labelKey, labelOf, maxLabelCodePoints, maxLabelLetters, shownLabel } from './label.ts'

const hostile = fc.constantFrom(
  ...[
    'a',
    'i',
    'İ',
    'ı',
    'ß',
    'ẞ',
    'ſ',
    'Σ',
    'ς',
    '\u212a',
    'ａ',
    'ﬁ',
    'é',
    'e',
    '\u0301',
    '\u0307',
    '\u0345',
    '\u20e3',
  ],
  ...[' ', '\u00a0', '\u3000', '\u2028', '\n', '\t', '\u200b', '\u200c', '\u200d', '\u202e', '\u2066', '\ufe0f'],
  ...[
    '\u00ad',
    '\u115f',
    '\u3164',
    '\u2800',
    '\ud800',
    '\u{e0041}',
    '\u{1d159}',
    '👨‍👩‍👧',
    '❤️',
    '1️⃣',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
    'م',
    'क',
    '\u094d',
  ],
)
/** Any code points. The unit `binary` of fast-check takes a second to set up. */
const codePoints = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
const texts = fc.oneof(fc.string({ unit: hostile, maxLength: 90 }), fc.string({ unit: codePoints, maxLength: 90 }))
const unseen = /(?!\p{RGI_Emoji}|[\u200c\u200d])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/v
const withoutEmoji = (text: string) => text.replace(/\p{RGI_Emoji}/gv, '☺')

test('a label is in NFC, visible and short, and a second pass does not change it', () => {
  fc.assert(
    fc.property(texts, (written) => {
      for (const label of [labelOf(written), shownLabel(written)]) {
        if (label === undefined) continue
        expect(labelOf(label)).toBe(label)
        expect(shownLabel(label)).toBe(label)
        expect(label).toBe(label.normalize('NFC').trim())
        expect(withoutEmoji(label)).not.toMatch(unseen)
        expect(label).toMatch(/[\p{L}\p{N}\p{P}\p{S}]/u)
        expect(countLetters(label)).toBeLessThanOrEqual(maxLabelLetters)
        expect(Array.from(label).length).toBeLessThanOrEqual(maxLabelCodePoints)
      }
    }),
    { numRuns: 500 },
  )
})

test('invisible characters do not change the key of a label', () => {
  fc.assert(
    fc.property(texts, fc.constantFrom('\u200b', '\u2060', '\u00ad', '\u200d', '\ufe0f', '\u3164'), (text, extra) => {
      for (const part of ['', ...text]) expect(labelKey(`${text}${extra}${part}`)).toBe(labelKey(`${text}${part}`))
    }),
  )
})

test('a letter has the same key in upper case, lower case, NFKC and NFD', () => {
  for (let code = 0; code < 0x110000; code++) {
    const letter = String.fromCodePoint(code)
    if ([letter.toUpperCase(), letter.toLowerCase(), letter.normalize('NFKC')].every((form) => form === letter))
      continue
    const key = labelKey(letter)
    if ([letter.toUpperCase(), letter.toLowerCase(), letter.normalize('NFD'), key].some((one) => labelKey(one) !== key))
      expect.unreachable(`U+${code.toString(16)} has another key in another form`)
  }
  fc.assert(
    fc.property(texts, (text) => {
      expect(labelKey(labelKey(text))).toBe(labelKey(text))
    }),
    { numRuns: 500 },
  )
})

describe('labels that people take for the same have the same key', () => {
  test.each([
    ['Trip', 'trip'],
    ['Trip', 'Ｔｒｉｐ'],
    ['Straße', 'STRASSE'],
    ['İstanbul', 'istanbul'],
    ['tri\u0307p', 'trip'],
    ['Κ\u212a', 'κk'],
    ['ΣΑΣ', 'σας'],
    ['caf\u00e9', 'cafe\u0301'],
    ['Road  trip', 'road\u00a0trip'],
    ['❤', '❤️'],
  ])('%s and %s', (one, other) => expect(labelKey(one)).toBe(labelKey(other)))

  test('labels that differ have different keys', () => expect(labelKey('trip 1')).not.toBe(labelKey('trip 2')))
})

describe('a label is stored in its one form', () => {
  test.each([
    [' Road \u3000 trip ', 'Road trip'],
    ['Cafe\u0301', 'Café'],
    ['👨‍👩‍👧 family 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣', '👨‍👩‍👧 family 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣'],
    ['می\u200cخواهم', 'می\u200cخواهم'],
    ['क्\u200dष', 'क्\u200dष'],
    ['👨‍👩‍👧‍👦'.repeat(36), '👨‍👩‍👧‍👦'.repeat(36)],
    ['x'.repeat(64), 'x'.repeat(64)],
  ])('%j', (written, label) => expect(labelOf(written)).toBe(label))
})

describe('rejected as a label', () => {
  test.each([
    ['nothing', ''],
    ['spaces', ' \u00a0\u3000'],
    ['invisible fillers', '\u3164\u115f\uffa0'],
    ['a blank pattern of braille', '\u2800\u2800'],
    ['marks alone', '\u0301\u0302'],
    ['a mark after a space', 'a \u0301'],
    ['five marks on a letter', `q${'\u0323\u0324\u0325\u0326\u0327'}`],
    ['two lines', 'two\nlines'],
    ['a bell', 'bell\u0007'],
    ['a text direction override', 'gpj\u202e.exe'],
    ['an isolate', 'a\u2066b'],
    ['a zero-width space', 'tr\u200bip'],
    ['a joiner in a Latin word', 'tr\u200dip'],
    ['a variation selector after a digit', '1\ufe0f'],
    ['tag characters', 'trip\u{e0041}'],
    ['a lone surrogate', 'tr\ud800ip'],
    ['65 letters', 'x'.repeat(65)],
    ['too many code points', '👨‍👩‍👧‍👦'.repeat(37)],
    ['a megabyte', 'x'.repeat(1024 * 1024)],
  ])('%s', (_, written) => expect(labelOf(written)).toBeUndefined())
})

test('shownLabel returns the visible part of a label of another client', () => {
  expect(shownLabel('tr\u200bip\u202e')).toBe('trip')
  expect(shownLabel('two\nlines')).toBe('twolines')
  expect(shownLabel('x'.repeat(200))).toBe('x'.repeat(64))
  expect(shownLabel('\u200b\u3164\u0301')).toBeUndefined()
})
