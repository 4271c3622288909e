import { expect, test } from 'vitest'
import { size } from './format.ts'

test('a size has the unit that is easy to read', () => {
  expect(size(512, 'en')).toBe('0.5 kB')
  expect(size(1_250_000, 'en')).toBe('1.3 MB')
  expect(size(42_000_000, 'en')).toBe('42 MB')
  expect(size(5_000_000_000_000, 'en')).toBe('5,000 GB')
  expect(size(1_250_000, 'de')).toBe('1,3 MB')
})
