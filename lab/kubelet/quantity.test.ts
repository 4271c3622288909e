import { expect, test } from 'vitest'
import { bytesOf } from './quantity.ts'

test.each([
  ['16Mi', 16 * 2 ** 20],
  ['2Gi', 2 ** 31],
  ['128', 128],
  [128, 128],
  ['3M', 3_000_000],
] as const)('%s are %i bytes', (quantity, bytes) => {
  expect(bytesOf(quantity)).toBe(bytes)
})

test.each(['', 'Mi', '1.5Gi', '2 Gi', '3Mb'])('%j is rejected', (quantity) => {
  expect(() => bytesOf(quantity)).toThrow('is no quantity of bytes')
})
