import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as native from './primitives/node.ts'
import * as portable from './primitives/portable.ts'
import { verifyPortably } from './primitives/portable.ts'
import { isSignedBy, isStrictKey } from './signature.ts'

const { secretKey, publicKey } = ed25519.keygen()
const message = new TextEncoder().encode('a message')
const signature = ed25519.sign(message, secretKey)

const changed = (bytes: Uint8Array, at: number, flip: number) =>
  bytes.map((byte, index) => (index === at ? byte ^ flip : byte))
const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

/** The encodings of all eight points of small order, and some with y not reduced. */
const weakKeys = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]

test('a valid signature is accepted with and without WebCrypto', async () => {
  expect(await isSignedBy(publicKey, message, signature)).toBe(true)
  expect(verifyPortably(publicKey, message, signature)).toBe(true)
})

test('a flipped bit in key, message or signature is rejected by both', async () => {
  const flip = fc.integer({ min: 0, max: 7 }).map((bit) => 1 << bit)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 0, max: 63 }), flip, async (key, sig, bit) => {
      expect(await isSignedBy(changed(publicKey, key, bit), message, signature)).toBe(false)
      expect(await isSignedBy(publicKey, message, changed(signature, sig, bit))).toBe(false)
      expect(await isSignedBy(publicKey, changed(message, key % message.length, bit), signature)).toBe(false)
      expect(verifyPortably(publicKey, message, changed(signature, sig, bit))).toBe(false)
    }),
    { numRuns: 40 },
  )
})

test('a key of small order, which would sign anything, or not in canonical form is rejected', async () => {
  // With s = 0 and a commitment of small order, the equation holds for some keys and any message.
  for (const key of weakKeys.map(fromHex))
    for (const commitment of weakKeys.map(fromHex)) {
      const forged = new Uint8Array([...commitment, ...new Uint8Array(32)])
      expect(await isSignedBy(key, message, forged)).toBe(false)
    }
})

test('a commitment that differs by a point of small order is rejected by both (no cofactor)', async () => {
  const { Point } = ed25519
  const torsion = Point.fromBytes(fromHex(weakKeys[4] ?? ''), true)
  const commitment = Point.fromBytes(signature.subarray(0, 32)).add(torsion).toBytes()
  const forged = new Uint8Array([...commitment, ...signature.subarray(32)])
  expect(await isSignedBy(publicKey, message, forged)).toBe(false)
  expect(verifyPortably(publicKey, message, forged)).toBe(false)
})

test('an s that is not reduced is rejected by both', async () => {
  const order = ed25519.Point.Fn.ORDER
  let s = [...signature.subarray(32)].reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n) + order
  const spelled = Array.from({ length: 32 }, () => {
    const byte = Number(s & 0xffn)
    s >>= 8n
    return byte
  })
  const forged = new Uint8Array([...signature.subarray(0, 32), ...spelled])
  expect(await isSignedBy(publicKey, message, forged)).toBe(false)
  expect(verifyPortably(publicKey, message, forged)).toBe(false)
})

test('Node, WebCrypto and the portable code accept the same signatures', async () => {
  const bytes = fc.uint8Array({ maxLength: 200 })
  const change = fc.option(fc.record({ at: fc.nat({ max: 95 }), flip: fc.integer({ min: 1, max: 255 }) }), { freq: 2 })
  await fc.assert(
    fc.asyncProperty(bytes, change, async (signed, altered) => {
      const whole = new Uint8Array([...publicKey, ...ed25519.sign(signed, secretKey)])
      const [at, flip] = altered ? [altered.at, altered.flip] : [0, 0]
      const [key, given] = [changed(whole, at, flip).subarray(0, 32), changed(whole, at, flip).subarray(32)]
      const by = (verify: typeof portable.verifyEd25519 | typeof native.verifyEd25519) =>
        Promise.resolve()
          .then(() => verify(key, signed, given))
          .catch(() => false)
      const answers = [
        by(native.verifyEd25519),
        by(portable.verifyEd25519),
        by(async () => verifyPortably(key, signed, given)),
      ]
      const expected = altered === null
      expect(await Promise.all(answers)).toEqual([expected, expected, expected])
    }),
    { numRuns: 60 },
  )
})

test('results stay right after more signatures than run in this thread, and more keys than are cached', async () => {
  const many = Array.from({ length: 300 }, () => ed25519.keygen())
  const signed = many.map((keys) => ed25519.sign(message, keys.secretKey))
  const all = async (shift: number) =>
    Promise.all(
      many.map((keys, n) => native.verifyEd25519(keys.publicKey, message, signed[(n + shift) % 300] ?? message)),
    )
  expect(new Set(await all(0))).toEqual(new Set([true]))
  expect(new Set(await all(1))).toEqual(new Set([false]))
  expect(new Set(await all(0))).toEqual(new Set([true]))
})

test('checking many signatures in a row lets other work run in between', async () => {
  let turns = 0
  const waiting = setInterval(() => turns++, 0)
  for (let n = 0; n < 64; n++) await isSignedBy(publicKey, message, signature)
  clearInterval(waiting)
  expect(turns).toBeGreaterThan(0)
})

test('hashes and comparisons by Node equal the portable ones', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), fc.nat(), (a, b, at) => {
      expect(native.sha256(a)).toEqual(portable.sha256(a))
      const near = changed(a, at % (a.length || 1), 1)
      for (const [left, right] of [
        [a, b],
        [a, a.slice()],
        [a, near],
      ] as const)
        expect(native.sameBytes(left, right)).toBe(portable.sameBytes(left, right))
    }),
  )
})

test('a key is strict if its y is below the prime and not of a point of small order', () => {
  const { ORDER } = ed25519.Point.Fp
  const weakY = weakKeys.map((key) => yOf(fromHex(key)))
  const isStrict = (key: Uint8Array) => yOf(key) < ORDER && !weakY.includes(yOf(key))
  const nearPrime = Array.from({ length: 64 }, (_, n) => {
    const key = fromHex(weakKeys[3] ?? '')
    key[0] = 0xc0 + n
    return key
  })
  const keys = [...weakKeys.map(fromHex), ...nearPrime]
  const nearby = keys.flatMap((key) => [
    key,
    ...[0, 1, 30, 31].flatMap((at) => [1, 0x80].map((flip) => changed(key, at, flip))),
  ])
  for (const key of nearby) expect([key, isStrictKey(key)]).toEqual([key, isStrict(key)])
  expect(nearby.filter(isStrict).length).toBeGreaterThan(100)
})

function yOf(key: Uint8Array): bigint {
  const bits = key.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
  return bits & ((1n << 255n) - 1n)
}
