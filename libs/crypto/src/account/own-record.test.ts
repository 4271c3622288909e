import type { UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  deriveRecordKeys,
  maxRecordBytes,
  OwnRecordError,
  openOwnRecord,
  recordName,
  sealOwnRecord,
} from './own-record.ts'

// The casts hold: the literals have the form of ids.
const alice = '01900000-0000-7000-8000-000000000001' as UserId
const bob = '01900000-0000-7000-8000-000000000002' as UserId
const keys = deriveRecordKeys(new Uint8Array(32).fill(7))
const otherKeys = deriveRecordKeys(new Uint8Array(32).fill(8))
const place = { userId: alice, name: recordName(keys, 'chat/1'), version: 3 }

test('a sealed record opens at its place', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), fc.nat(), async (record, version) => {
      const at = { ...place, version }
      expect(await openOwnRecord(keys, at, await sealOwnRecord(keys, at, record))).toEqual(record)
    }),
  )
})

test('a record does not open with another key, user, name or version, or a changed byte', async () => {
  const sealed = await sealOwnRecord(keys, place, new Uint8Array(100))
  for (const other of [{ userId: bob }, { name: recordName(keys, 'chat/2') }, { version: 4 }])
    await expect(openOwnRecord(keys, { ...place, ...other }, sealed)).rejects.toBeInstanceOf(OwnRecordError)
  await expect(openOwnRecord(otherKeys, place, sealed)).rejects.toBeInstanceOf(OwnRecordError)
  for (const at of [0, 20, sealed.length - 1]) {
    const altered = sealed.slice()
    altered[at]! ^= 1
    await expect(openOwnRecord(keys, place, altered)).rejects.toBeInstanceOf(OwnRecordError)
  }
})

test('the server sees a size in steps of 256 bytes, and a name that only the account can compute', async () => {
  const length = async (bytes: number) => (await sealOwnRecord(keys, place, new Uint8Array(bytes))).length
  expect(await length(0)).toBe(256 + 28)
  expect(await length(254)).toBe(256 + 28)
  expect(await length(255)).toBe(512 + 28)
  expect(recordName(keys, 'chat/1')).not.toBe(recordName(keys, 'chat/2'))
  expect(recordName(otherKeys, 'chat/1')).not.toBe(place.name)
  expect(place.name).toHaveLength(22)
})

test('a record of maxRecordBytes fits into the limit, and one byte more does not', async () => {
  const limit = 4096
  const length = async (bytes: number) => (await sealOwnRecord(keys, place, new Uint8Array(bytes))).length
  expect(await length(maxRecordBytes(limit))).toBeLessThanOrEqual(limit)
  expect(await length(maxRecordBytes(limit) + 1)).toBeGreaterThan(limit)
})
