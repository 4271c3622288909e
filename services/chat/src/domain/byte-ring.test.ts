import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteRing } from './byte-ring.ts'

const maxBytes = 64
const piece = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes))

test('gives back what was put in, in order, whatever went before; never takes more than it may', () => {
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

test('what was given out does not change with what comes later', () => {
  const ring = new ByteRing(4)
  ring.push(Buffer.from('abcd'))
  const [before] = ring.slice(0)
  ring.shift()
  ring.push(Buffer.from('efgh'))
  expect(before?.toString()).toBe('abcd')
})
