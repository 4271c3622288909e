import { expect, test } from 'vitest'
import { pickTwo, planDrain } from './drain-plan.ts'

test('many connections leave in batches that fit the time', () => {
  const { batchSize, batchEveryMs, spreadMs } = planDrain(10_000, 15_000)
  expect(Math.ceil(10_000 / batchSize) * batchEveryMs).toBeLessThanOrEqual(15_000)
  expect(spreadMs).toBe(5_000)
})

test('few connections leave faster than the time allows', () => {
  expect(planDrain(3, 15_000)).toMatchObject({ batchSize: 20, spreadMs: 1_000 })
})

test('each client gets two different pods, and the first choices spread over all', () => {
  const others = ['a', 'b', 'c'].map((pod) => ({ pod, url: `/ws/${pod}` }))
  const offers = [0, 0.4, 0.99].map((random) => pickTwo(others, random).map(({ pod }) => pod))
  expect(offers).toEqual([
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a'],
  ])
  expect(pickTwo([], 0.5)).toEqual([])
})
