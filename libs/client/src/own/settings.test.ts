import { systemClock } from '@fastchat/clock'
import type { DeviceId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { Settings } from './own.ts'
import { decodeOwn, encodeOwn } from './own-contents.ts'
import { OwnRows } from './own-rows.ts'

const openRows = () =>
  OwnRows.open({
    store: memoryStore(),
    deviceId: '0195f3a0-7c00-7000-8000-0000000000d1' as DeviceId,
    clock: systemClock,
  })

test('a setting whose name no device would read is refused, and the others stay readable', async () => {
  const rows = await openRows()
  const settings = new Settings(rows)
  await settings.set('receipts', false)
  for (const name of ['', 'Receipts', '1st', 'a b', 'ä', 'a'.repeat(65), '__proto__', 'a\n'])
    await expect(settings.set(name, true), name).rejects.toMatchObject({ code: 'invalid_name' })
  for (const name of ['a', 'a-b_C9', 'a'.repeat(64), 'constructor']) await settings.set(name, 1)
  const contents = rows.get('settings')!
  expect(decodeOwn(encodeOwn(contents))).toEqual(contents)
  expect(settings.get('receipts')).toBe(false)
})

test('no record is stored that the other devices would refuse', async () => {
  const rows = await openRows()
  await expect(rows.set('settings', 'A field', 1)).rejects.toThrow(RangeError)
  await expect(rows.set('k'.repeat(129), 'field', 1)).rejects.toThrow(RangeError)
  expect(rows.all.size).toBe(0)
})
