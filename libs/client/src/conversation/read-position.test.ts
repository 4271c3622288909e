import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'

/** Opens ben's device in a group with ann, who has written messages at 2 to `last`. */
async function openBen(last: number) {
  const [ann, ben] = [createIdentity(), createIdentity()]
  const [annGroup, benGroup] = await createGroup([ann, ben])
  const writer = new Writer(ann, annGroup!)
  const device = await new Device(ben).begin({ cursor: 1, joinedSeq: 1, isCounted: true }, benGroup)
  device.lookUp = () => ({ trust: async () => true, knows: async () => true, found: new Map() }) as never
  for (let seq = 2; seq <= last; seq++) device.receive(await writer.says(seq, `text ${seq}`))
  await eventually(() => expect(device.conversation.record.cursor).toBe(last))
  return { device, writer }
}

test('reading five of ten leaves five, and the first of them is known', async () => {
  const { device } = await openBen(11)
  const { conversation } = device
  expect([conversation.unread, conversation.firstUnread]).toEqual([10, 2])
  await conversation.markRead(6)
  expect([conversation.unread, conversation.firstUnread]).toEqual([5, 7])
  await conversation.markRead(3)
  expect([conversation.unread, conversation.record.readSeq]).toEqual([5, 6])
  await conversation.markRead(11)
  expect([conversation.unread, conversation.firstUnread]).toEqual([0, undefined])
})

test('a message that its author has deleted is no longer unread', async () => {
  const { device, writer } = await openBen(3)
  const { conversation } = device
  const regretted = await writer.says(4, 'regretted')
  device.receive(regretted)
  await eventually(() => expect(conversation.unread).toBe(3))
  device.receive(await writer.sends(5, { v: 1, kind: 'delete', target: regretted.id }))
  await eventually(() => expect(conversation.record.cursor).toBe(5))
  await conversation.recount()
  expect([conversation.unread, conversation.firstUnread]).toEqual([2, 2])
})

test('messages up to a position that another device has read do not count when they come', async () => {
  const { device, writer } = await openBen(3)
  const { conversation } = device
  await conversation.markRead(5)
  expect(conversation.unread).toBe(0)
  for (const seq of [4, 5, 6]) device.receive(await writer.says(seq, `text ${seq}`))
  await eventually(() => expect(conversation.record.cursor).toBe(6))
  expect([conversation.unread, conversation.firstUnread, conversation.record.lastMessageSeq]).toEqual([1, 6, 6])
})

test('a home that a former version has miscounted is counted once when it is opened', async () => {
  const { device } = await openBen(11)
  const { isCounted: _, firstUnread: __, lastMessageSeq: ___, ...former } = device.conversation.record
  await device.store.write([
    {
      table: 'conversations',
      key: former.conversation,
      value: new TextEncoder().encode(JSON.stringify({ ...former, readSeq: 6, unread: 10 })),
    },
  ])
  const { conversation } = await device.again()
  expect([conversation.unread, conversation.firstUnread, conversation.record.lastMessageSeq]).toEqual([5, 7, 11])
})
