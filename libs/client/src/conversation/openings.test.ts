import { type ConversationId, chatOperations } from '@fastchat/schema'
import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { createIdentity, Device, newId } from '../../testing/devices.ts'
import { Conversations } from './conversations.ts'
import { maxOpenings, maxWaiting } from './openings.ts'

const getConversation = `${chatOperations.getConversation.method} ${chatOperations.getConversation.path}`

/** A device whose server answers look-ups when the test says so. */
function open() {
  const device = new Device(createIdentity())
  const { promise, resolve } = Promise.withResolvers<void>()
  device.answers[getConversation] = async (input) => {
    await promise
    const { conversation } = input.params as { conversation: ConversationId }
    return { conversation, kind: 'group', groupNo: 1, epoch: 1, leaf: true, members: [] }
  }
  const pins = { resolve: async () => {} }
  return { device, conversations: new Conversations({ context: device.context, pins }), answer: resolve }
}

test('a server that names conversations without end makes a device look up no more than its limit', async () => {
  const { device, conversations } = open()
  for (let n = 0; n < maxOpenings + 10; n++) conversations.with(newId<ConversationId>(), () => {})
  expect(device.called).toHaveLength(maxOpenings)
  expect(device.troubles).toEqual([expect.objectContaining({ code: 'too_many_conversations' })])
})

test('frames beyond the limit of one look-up are asked for again, and the others keep their order', async () => {
  const { device, conversations, answer } = open()
  const id = newId<ConversationId>()
  const used: number[] = []
  for (let n = 0; n < maxWaiting + 10; n++) conversations.with(id, () => void used.push(n))
  answer()
  await eventually(() => expect(device.sent).toMatchObject([{ t: 'fetch', conversation: id, after: 0 }]))
  expect(used).toEqual(Array.from({ length: maxWaiting }, (_, n) => n))
  expect(device.called.filter((name) => name === getConversation)).toHaveLength(1)
  expect(conversations.isSettled).toBe(true)
})
