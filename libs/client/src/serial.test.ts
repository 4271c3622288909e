import { expect, test } from 'vitest'
import { Serial } from './serial.ts'

test('tasks run one after the other in order, and a failed one stops no other', async () => {
  const serial = new Serial()
  const done: number[] = []
  const slow = serial.run(async () => {
    await new Promise(setImmediate)
    done.push(1)
  })
  const failing = serial.run(() => Promise.reject(new Error('no')))
  const last = serial.run(async () => done.push(3))
  expect(serial.isIdle).toBe(false)
  await expect(failing).rejects.toThrow('no')
  await Promise.all([slow, last])
  expect(done).toEqual([1, 3])
  expect(serial.isIdle).toBe(true)
})
