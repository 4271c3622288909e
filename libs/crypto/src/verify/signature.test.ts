import { ed25519 } from '@noble/curves/ed25519.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSignedBy, verifyPortably } from './signature.ts'

const { secretKey, publicKey } = ed25519.keygen()
const message = new TextEncoder().encode('a message')
const signature = ed25519.sign(message, secretKey)

const changed = (bytes: Uint8Array, at: number, flip: number) =>
  bytes.map((byte, index) => (index === at ? byte ^ flip : byte))
const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))

/** The encodings of all eight points of small order, and of one with y not reduced. */
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
]

test('a good signature is one by WebCrypto and without it', async () => {
  expect(await isSignedBy(publicKey, message, signature)).toBe(true)
  expect(verifyPortably(publicKey, message, signature)).toBe(true)
})

test('any changed bit of key, message or signature makes it none, by both', async () => {
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

test('a key of small order, which would sign everything, or one not in canonical form, signs nothing', async () => {
  // With s = 0 and the commitment a point of small order, the equation holds for some of them, whatever the message.
  for (const key of weakKeys.map(fromHex))
    for (const commitment of weakKeys.map(fromHex)) {
      const forged = new Uint8Array([...commitment, ...new Uint8Array(32)])
      expect(await isSignedBy(key, message, forged)).toBe(false)
    }
})

test('a commitment that differs by a point of small order is refused, by both: the equation is the cofactorless one', async () => {
  const { Point } = ed25519
  const torsion = Point.fromBytes(fromHex(weakKeys[4] ?? ''), true)
  const commitment = Point.fromBytes(signature.subarray(0, 32)).add(torsion).toBytes()
  const forged = new Uint8Array([...commitment, ...signature.subarray(32)])
  expect(await isSignedBy(publicKey, message, forged)).toBe(false)
  expect(verifyPortably(publicKey, message, forged)).toBe(false)
})

test('an s that is not reduced is another spelling of the same signature, and refused by both', async () => {
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
