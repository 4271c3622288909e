import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { needles } from './needles.ts'

test('a secret is found in each form, with any bytes around it', () => {
  const around = fc.uint8Array({ maxLength: 20 })
  fc.assert(
    fc.property(around, fc.uint8Array({ minLength: 12, maxLength: 40 }), around, (before, secret, after) => {
      const whole = Buffer.concat([before, secret, after])
      for (const form of ['latin1', 'hex', 'base64', 'base64url'] as const) {
        const hay = Buffer.from(whole.toString(form), form === 'latin1' ? 'latin1' : 'utf8')
        expect(needles(secret).some((needle) => hay.includes(needle))).toBe(true)
      }
    }),
  )
})

test('an absent secret is not found', () => {
  const hay = randomBytes(100_000)
  expect(needles(randomBytes(16)).some((needle) => hay.includes(needle))).toBe(false)
})
