import { expect, test } from 'vitest'
import { memoryStore } from '../store/memory-store.ts'
import { newId } from '../test-support.ts'
import { Pins } from './pins.ts'

const noApi = { call: () => Promise.reject(new Error('not asked')) } as never
const key = (byte: number) => new Uint8Array(32).fill(byte)

test('of two keys shown at once one is trusted, then and after a restart', async () => {
  const store = memoryStore()
  const pins = await Pins.load(noApi, store)
  const userId = newId<Parameters<typeof pins.nameOf>[0]>()
  const shown = [1, 2].map((byte) => pins.trust({ userId, accountKey: key(byte) }))
  expect(await Promise.all(shown)).toEqual([true, false])
  const again = await Pins.load(noApi, store)
  expect(await again.trust({ userId, accountKey: key(2) })).toBe(false)
  expect(await again.trust({ userId, accountKey: key(1) })).toBe(true)
})

test('a pin that could not be stored does not hold', async () => {
  const store = memoryStore()
  const { write } = store
  const pins = await Pins.load(noApi, store)
  const userId = newId<Parameters<typeof pins.nameOf>[0]>()
  store.write = () => Promise.reject(new Error('the disk is full'))
  await expect(pins.trust({ userId, accountKey: key(1) })).rejects.toThrow('the disk is full')
  expect(pins.accountKeyOf(userId)).toBeUndefined()
  store.write = write
  expect(await pins.trust({ userId, accountKey: key(1) })).toBe(true)
})
