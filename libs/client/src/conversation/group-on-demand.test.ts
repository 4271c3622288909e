import { Group } from '@fastchat/crypto'
import { eventually } from '@fastchat/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { conversation, createGroup, createIdentity, Device, Writer } from '../../testing/devices.ts'
import { presentHeads } from '../account-state/present-heads.ts'
import { Conversations } from './conversations.ts'

afterEach(() => void vi.restoreAllMocks())

/** Returns ben's conversations, opened from what his device has stored, and the next message. */
async function reopened() {
  const [ann, ben] = [createIdentity(), createIdentity()]
  const [annGroup, benGroup] = await createGroup([ann, ben])
  const writer = new Writer(ann, annGroup!)
  const { groupNo, epoch } = benGroup!
  const device = new Device(ben)
  await device.begin({ cursor: 1, joinedSeq: 1, isCounted: true, groupNo, lawful: { groupNo, epoch } }, benGroup)
  const pins = { resolve: async () => new Map() } as never
  const open = async () => {
    const decode = vi.spyOn(Group, 'decode')
    const conversations = new Conversations({ context: device.context, pins })
    await conversations.load()
    return { conversations, decode }
  }
  return { device, writer, open }
}

test('a device that opens, connects and tells its groups decodes none of them', async () => {
  const { open, device } = await reopened()
  const { conversations, decode } = await open()
  const chat = conversations.get(conversation)
  chat.online()
  chat.caughtUp()
  await chat.locked(async () => {})
  expect(conversations.cursors()).toEqual({ [conversation]: 1 })
  const head = presentHeads(conversations.all).get(conversation)!
  expect(decode).not.toHaveBeenCalled()
  // The head that the record tells is the one of the group.
  const { contextHash, ...told } = head
  const { contextHash: ofGroup, ...present } = presentHeads([device.conversation]).get(conversation)!
  expect(told).toEqual(present)
  expect(contextHash()).toBe(ofGroup())
  expect(decode).toHaveBeenCalledTimes(1)
})

test('the first message of a chat decodes its group, once', async () => {
  const { open, writer } = await reopened()
  const { conversations, decode } = await open()
  const chat = conversations.get(conversation)
  chat.receive(await writer.says(2, 'hello'))
  chat.receive(await writer.says(3, 'again'))
  await eventually(() => expect(chat.record.cursor).toBe(3))
  expect(decode).toHaveBeenCalledTimes(1)
})

test('a group without a known lawful state is decoded at once: it may be of the former rules', async () => {
  const { open, device } = await reopened()
  const { lawful: _, ...former } = device.conversation.record
  const value = new TextEncoder().encode(JSON.stringify(former))
  await device.store.write([{ table: 'conversations', key: conversation, value }])
  const { decode } = await open()
  expect(decode).toHaveBeenCalledTimes(1)
})
