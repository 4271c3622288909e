import { systemClock } from '@fastchat/clock'
import { createAccountKey, signRevocation } from '@fastchat/crypto'
import { type DeviceId, toBase64Url, type UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { OwnRows } from '../own/own-rows.ts'
import { SharedRevocations } from './shared-revocations.ts'

const userId = '0195f3a0-7c00-7000-8000-0000000000a1' as UserId
const [phone, tablet, lost] = ['d1', 'd2', 'd3'].map((end) => `0195f3a0-7c00-7000-8000-0000000000${end}`) as [
  DeviceId,
  DeviceId,
  DeviceId,
]
const account = createAccountKey()
const statementOf = (deviceId: DeviceId, by = account.accountPrivate, user = userId) =>
  toBase64Url(signRevocation(by, { userId: user, deviceId }))

async function device(deviceId: DeviceId, store = memoryStore()) {
  const rows = await OwnRows.open({ store, deviceId, clock: systemClock })
  const failed: Error[] = []
  const identity = { userId, deviceId, accountKey: toBase64Url(account.accountKey) }
  const revocations = new SharedRevocations({ rows, identity, failed: (error) => failed.push(error) })
  const learned: DeviceId[] = []
  revocations.learned = async (id) => void learned.push(id)
  return { rows, store, revocations, learned, failed }
}
type Device = Awaited<ReturnType<typeof device>>

async function bring(from: Device, to: Device): Promise<void> {
  const arrived = [...from.rows.all].map(([key, { contents }]) => ({ key, version: 1, contents }))
  await to.rows.merge(arrived, { change: 1 })
  await to.revocations.idle()
}

test('another own device learns a revocation from the record, at once and after a start', async () => {
  const [one, other] = [await device(phone), await device(tablet)]
  await one.revocations.share(lost, statementOf(lost))
  await bring(one, other)
  expect([other.learned, other.revocations.has(lost)]).toEqual([[lost], true])
  const again = await device(tablet, other.store)
  again.revocations.start()
  await again.revocations.idle()
  expect(again.learned).toEqual([lost])
  again.revocations.again()
  await again.revocations.idle()
  expect(again.learned).toEqual([lost, lost])
})

test.each([
  ['of another account key', lost, statementOf(lost, createAccountKey().accountPrivate)],
  [
    'about another user',
    lost,
    statementOf(lost, account.accountPrivate, '0195f3a0-7c00-7000-8000-0000000000a2' as UserId),
  ],
  ['about another device', lost, statementOf(tablet)],
  ['about the device that reads it', phone, statementOf(phone)],
  ['that is none', lost, 'AAAA'],
  ['that is no base64url', lost, '!'],
])('a statement %s revokes nothing', async (_, deviceId, statement) => {
  const [thief, reader] = [await device(lost), await device(phone)]
  await thief.revocations.share(deviceId, statement)
  await bring(thief, reader)
  expect([reader.learned, reader.revocations.has(deviceId), reader.failed]).toEqual([[], false, []])
})

test('a device that is revoked cannot take back that others know it', async () => {
  const [one, other, thief] = [await device(phone), await device(tablet), await device(lost)]
  await one.revocations.share(lost, statementOf(lost))
  await bring(one, other)
  await bring(one, thief)
  await thief.rows.set(`revoked/${lost}`, 'statement', undefined)
  await bring(thief, other)
  expect(other.revocations.has(lost)).toBe(true)
})
