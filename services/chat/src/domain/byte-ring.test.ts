import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteRing } from './byte-ring.ts'

const maxBytes = 64
const piece = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes))

test('pieces come back in order, and memory stays within the limit', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.nat(3), (pieces, skip) => {
      const ring = new ByteRing(maxBytes)
      const kept: Buffer[] = []
      for (const one of pieces) {
        while (!ring.fits(one.length)) {
          ring.shift()
          kept.shift()
        }
        ring.push(one)
        kept.push(one)
        expect(ring.slice(skip)).toEqual(kept.slice(skip))
        expect([ring.count, ring.capacity <= maxBytes]).toEqual([kept.length, true])
      }
    }),
  )
})

test('a returned piece does not change when later pieces overwrite its memory', () => {
  const ring = new ByteRing(4)
  ring.push(Buffer.from('abcd'))
  const [before] = ring.slice(0)
  ring.shift()
  ring.push(Buffer.from('efgh'))
  expect(before?.toString()).toBe('abcd')
})
