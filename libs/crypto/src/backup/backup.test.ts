import type { BackupSegmentId, ConversationId, DeviceId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { createAccountKey } from '../index.ts'
import {
  BackupError,
  createBackupKey,
  deriveBackupAccountKey,
  deriveBackupDeviceKey,
  openBackupIndex,
  openBackupKey,
  openSegment,
  paddedBytes,
  type SegmentContext,
  sealBackupIndex,
  sealBackupKey,
  sealSegment,
} from './index.ts'

const userId = '0195f3a0-7c00-7000-8000-000000000001' as UserId
const laptop = '0195f3a0-7c00-7000-8000-000000000002' as DeviceId
const phone = '0195f3a0-7c00-7000-8000-000000000003' as DeviceId
const { accountPrivate } = createAccountKey()
const bytes = new TextEncoder().encode('lines')

const context: SegmentContext = {
  userId,
  generation: 1,
  segment: '0195f3a0-7c00-7000-8000-000000000009' as BackupSegmentId,
  conversation: '0195f3a0-7c00-7000-8000-000000000004' as ConversationId,
  ranges: [[3, 9]],
}

test('a segment opens only as what it was sealed as', async () => {
  const key = createBackupKey()
  const sealed = await sealSegment(key, context, bytes)
  expect(await openSegment(key, context, sealed)).toEqual(bytes)
  const others: Partial<SegmentContext>[] = [
    { userId: phone as string as UserId },
    { generation: 2 },
    { segment: laptop as string as BackupSegmentId },
    { conversation: laptop as string as ConversationId },
    { ranges: [[3, 10]] },
    { ranges: [[2, 9]] },
  ]
  for (const other of others)
    await expect(openSegment(key, { ...context, ...other }, sealed)).rejects.toThrow(BackupError)
  await expect(openSegment(createBackupKey(), context, sealed)).rejects.toThrow(BackupError)
})

test('an index opens only as the version that it was sealed as', async () => {
  const key = createBackupKey()
  const sealed = await sealBackupIndex(key, { userId, generation: 1, version: 7 }, bytes)
  expect(await openBackupIndex(key, { userId, generation: 1, version: 7 }, sealed)).toEqual(bytes)
  await expect(openBackupIndex(key, { userId, generation: 1, version: 8 }, sealed)).rejects.toThrow(BackupError)
  await expect(openBackupIndex(key, { userId, generation: 2, version: 7 }, sealed)).rejects.toThrow(BackupError)
})

test('a backup key opens for its holder alone', async () => {
  const key = createBackupKey()
  const [ofLaptop, ofPhone] = [laptop, phone].map((id) => deriveBackupDeviceKey(accountPrivate, id))
  const account = deriveBackupAccountKey(accountPrivate)
  if (!ofLaptop || !ofPhone) throw new Error('two keys')
  const sealed = await sealBackupKey(ofLaptop, { userId, generation: 2, device: laptop }, key)
  expect(await openBackupKey(ofLaptop, { userId, generation: 2, device: laptop }, sealed)).toEqual(key)
  await expect(openBackupKey(ofPhone, { userId, generation: 2, device: phone }, sealed)).rejects.toThrow(BackupError)
  await expect(openBackupKey(ofPhone, { userId, generation: 2, device: laptop }, sealed)).rejects.toThrow(BackupError)
  await expect(openBackupKey(ofLaptop, { userId, generation: 1, device: laptop }, sealed)).rejects.toThrow(BackupError)
  await expect(openBackupKey(account, { userId, generation: 2 }, sealed)).rejects.toThrow(BackupError)
})

test('sizes show in steps only', () => {
  expect(paddedBytes(5)).toBe(512)
  expect(paddedBytes(512)).toBe(512)
  expect(paddedBytes(513)).toBe(1024)
  expect(paddedBytes(100_000)).toBe(106_496)
  for (let size = 1; size < 300_000; size += 997) {
    expect(paddedBytes(size)).toBeGreaterThanOrEqual(size)
    expect(paddedBytes(size)).toBeLessThanOrEqual(Math.max(1024, size * 1.26))
  }
})
