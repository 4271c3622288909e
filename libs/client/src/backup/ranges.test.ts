import { expect, test } from 'vitest'
import { has, rangesOf, unite, without } from './ranges.ts'

test('spans that touch or overlap become one', () => {
  expect(unite([[5, 6], [1, 2], [3, 3], [6, 9]])).toEqual([[1, 3], [5, 9]]) // biome-ignore format: one line
  expect(rangesOf([3, 1, 2, 7])).toEqual([[1, 3], [7, 7]]) // biome-ignore format: one line
})

test('a difference agrees with single positions', () => {
  for (let n = 0; n < 300; n++) {
    const pick = (salt: number) =>
      Array.from({ length: 12 }, (_, at) => at + 1).filter((at) => (n * salt + at * at) % 3 === 0)
    const [all, taken] = [pick(7), pick(11)]
    const left = without(rangesOf(all), rangesOf(taken))
    for (let seq = 0; seq < 15; seq++) expect(has(left, seq)).toBe(all.includes(seq) && !taken.includes(seq))
  }
})
