import { expect, test } from 'vitest'
import { createSlots } from './slots.ts'

test('slots are refused when all are taken, and a slot is given back once', () => {
  const slots = createSlots(2)
  const [first, second] = [slots.take(), slots.take()]
  expect([slots.take(), slots.taken]).toEqual([undefined, 2])
  first?.()
  first?.()
  expect(slots.taken).toBe(1)
  expect(slots.take()).toBeDefined()
  expect(slots.take()).toBeUndefined()
  second?.()
  expect(slots.taken).toBe(1)
})
