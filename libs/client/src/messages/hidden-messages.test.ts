import { systemClock } from '@fastchat/clock'
import type { DeviceId, MessageId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { newConversationId, newMessageId } from '../new-id.ts'
import { OwnRows } from '../own/own-rows.ts'
import type { Entry } from '../store/records.ts'
import { HiddenMessages, maxIdsOfPage, maxPagesOfDevice } from './hidden-messages.ts'

const [phone, laptop] = ['phone', 'laptop'] as DeviceId[]
const messages = (count: number): MessageId[] => Array.from({ length: count }, () => newMessageId())

async function device(deviceId: DeviceId) {
  const rows = await OwnRows.open({ store: memoryStore(), deviceId, clock: systemClock })
  const erased: MessageId[] = []
  const failed: Error[] = []
  const erase = async (ids: readonly MessageId[]) => void erased.push(...ids)
  const hidden = new HiddenMessages({ rows, deviceId, erase, failed: (error) => failed.push(error) })
  return { rows, erased, failed, hidden }
}
type Device = Awaited<ReturnType<typeof device>>

/** Brings the records of one device to another, as the server does. */
async function bring(from: Device, to: Device): Promise<void> {
  const arrived = [...from.rows.all].map(([key, { contents }]) => ({ key, version: 1, contents }))
  await to.rows.merge(arrived, { change: 1 })
  await to.hidden.idle()
}

test('a message hidden on one device is erased on the others, before or after it arrives there', async () => {
  const [one, other] = [await device(phone!), await device(laptop!)]
  const [here, later] = messages(2) as [MessageId, MessageId]
  await one.hidden.add([here, later])
  await bring(one, other)
  expect(other.erased).toEqual([here, later])
  const entry: Entry = { type: 'message', conversation: newConversationId(), seq: 1, at: 1, id: later }
  other.hidden.arrived(entry)
  other.hidden.arrived({ ...entry, id: newMessageId() })
  other.hidden.again()
  await other.hidden.idle()
  expect(other.erased.slice(2)).toEqual([later, here, later])
})

test('two devices that hide at the same time take nothing from each other', async () => {
  const [one, other] = [await device(phone!), await device(laptop!)]
  const [a, b] = messages(2) as [MessageId, MessageId]
  await Promise.all([one.hidden.add([a]), other.hidden.add([b])])
  await bring(one, other)
  await bring(other, one)
  expect(new Set(one.erased)).toEqual(new Set([a, b]))
  expect(new Set(other.erased)).toEqual(new Set([a, b]))
})

test('the ids are bounded: the oldest ones go, and each record fits at the server', async () => {
  const one = await device(phone!)
  const all = messages(maxIdsOfPage * maxPagesOfDevice + 10)
  await one.hidden.add(all.slice(0, 3))
  await one.hidden.add(all.slice(3))
  expect(one.rows.all.size).toBe(maxPagesOfDevice)
  const other = await device(laptop!)
  await bring(one, other)
  expect(new Set(other.erased)).toEqual(new Set(all.slice(maxIdsOfPage)))
})

test('a record of another form, and an id that is none, are passed over', async () => {
  const [one, other] = [await device(phone!), await device(laptop!)]
  const [good] = messages(1)
  await one.rows.set(`hidden/${phone}/0`, 'ids', { page: 0, ids: [good, 'x', 7] })
  await one.rows.set(`hidden/${phone}/1`, 'ids', 'everything')
  await bring(one, other)
  expect([other.erased, other.failed]).toEqual([[good], []])
})
