import { x25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUsableHpkeKey } from './hpke-key.ts'

const { secretKey } = x25519.keygen()
const prime = 2n ** 255n - 19n
const weak = [
  0n,
  1n,
  prime - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]

const keyOf = (u: bigint) => Uint8Array.from({ length: 32 }, (_, at) => Number((u >> BigInt(8 * at)) & 0xffn))

/** Checks that the curve gives a shared secret that is not zero. */
function isAgreed(key: Uint8Array): boolean {
  try {
    x25519.getSharedSecret(secretKey, key)
    return true
  } catch {
    return false
  }
}

test('keys of small order are unusable, also with the highest bit set, and adjacent keys are usable', () => {
  const around = new Set(weak.flatMap((u) => [u - 1n, u, u + 1n, u + prime - 1n, u + prime, u + prime + 1n]))
  const keys = [...around].filter((u) => u >= 0n && u < 2n ** 255n).flatMap((u) => [keyOf(u), keyOf(u + 2n ** 255n)])
  for (const key of keys) expect([key, isUsableHpkeKey(key)]).toEqual([key, isAgreed(key)])
  expect(keys.filter((key) => !isUsableHpkeKey(key))).toHaveLength(2 * 7)
})

test('any other key of 32 bytes is usable, and a key of another length is not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => isUsableHpkeKey(key) === isAgreed(key)),
    {
      numRuns: 20,
    },
  )
  for (const length of [0, 31, 33]) expect(isUsableHpkeKey(new Uint8Array(length).fill(9))).toBe(false)
})
