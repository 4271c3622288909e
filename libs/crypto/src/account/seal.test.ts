import { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createStoreKey, open, SealError, seal } from './seal.ts'

const key = createStoreKey()
const row = 'message/conversation/7'
const values = fc.uint8Array({ maxLength: 2048 })

test('a sealed value opens with the same key and aad', () => {
  fc.assert(
    fc.property(values, fc.string({ unit: 'grapheme' }), (value, aad) => {
      const sealed = seal(key, value, aad)
      expect(sealed).toHaveLength(value.length + 40)
      expect(open(key, sealed, aad)).toEqual(value)
    }),
  )
})

test('a sealed value does not open with another key or aad', () => {
  fc.assert(
    fc.property(values, fc.string(), fc.string(), (value, aad, otherAad) => {
      fc.pre(aad !== otherAad)
      const sealed = seal(key, value, aad)
      expect(() => open(key, sealed, otherAad)).toThrow(SealError)
      expect(() => open(createStoreKey(), sealed, aad)).toThrow(SealError)
    }),
  )
})

test('a value with any changed byte does not open', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.integer({ min: 1, max: 255 }), (value, mask) => {
      const sealed = seal(key, value, row)
      for (const at of sealed.keys()) {
        const altered = sealed.slice()
        altered[at]! ^= mask
        expect(() => open(key, altered, row)).toThrow(SealError)
      }
    }),
  )
})

test('a shortened or extended value does not open', () => {
  const sealed = seal(key, new Uint8Array(100), row)
  for (const length of sealed.keys()) expect(() => open(key, sealed.subarray(0, length), row)).toThrow(SealError)
  expect(() => open(key, new Uint8Array([...sealed, 0]), row)).toThrow(SealError)
})

test('every seal has another nonce, and does not change key and value', () => {
  const value = new Uint8Array(100).fill(5)
  const before = key.slice()
  const nonces = Array.from({ length: 200 }, () => Buffer.from(seal(key, value, row).subarray(0, 24)).toString('hex'))
  expect(new Set(nonces).size).toBe(200)
  expect(key).toEqual(before)
  expect(value).toEqual(new Uint8Array(100).fill(5))
})

// Later versions of the program must open stores of this one.
test('the form is nonce, ciphertext, tag of XChaCha20-Poly1305', () => {
  const nonce = new Uint8Array(24).fill(9)
  const value = new Uint8Array([1, 2, 3])
  const box = xchacha20poly1305(key, nonce, new TextEncoder().encode(row)).encrypt(value)
  expect(open(key, new Uint8Array([...nonce, ...box]), row)).toEqual(value)
})

test('a key that is not 32 bytes seals nothing', () => {
  for (const length of [0, 16, 31, 33]) expect(() => seal(new Uint8Array(length), new Uint8Array(1), row)).toThrow()
})
