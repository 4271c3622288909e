import { limits } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { EarlyFrames } from './early-frames.ts'

test('frames come back once, in the order of arrival, binary ones as undefined', () => {
  const early = new EarlyFrames()
  early.add('first', 5)
  early.add(undefined, 1)
  early.add('last', 4)
  expect(early.take()).toEqual(['first', undefined, 'last'])
  expect(early.take()).toEqual([])
})

test('one frame above the limit is not kept', () => {
  const early = new EarlyFrames()
  for (let n = 0; n < limits.maxEarlyFrames; n++) expect(early.add('', 0)).toBe(true)
  expect(early.add('', 0)).toBe(false)
  expect(early.take()).toHaveLength(limits.maxEarlyFrames)
})

test('one byte above the limit is not kept', () => {
  const early = new EarlyFrames()
  expect(early.add('x', limits.maxEarlyBytes)).toBe(true)
  expect(early.add('y', 1)).toBe(false)
  expect(early.take()).toEqual(['x'])
  expect(early.add('z', limits.maxEarlyBytes)).toBe(true)
})
