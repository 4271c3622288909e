import { Group } from '@fastchat/crypto'
import { type ConversationId, chatOperations, type Operation, toBase64Url } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { conversation, createIdentity, Device, newId } from '../../testing/devices.ts'

const [anaId, benId] = [createIdentity(), createIdentity()]
const nameOf = ({ method, path }: Operation) => `${method} ${path}`
const { groupInfo, leave } = chatOperations

async function groupOf(id: ConversationId): Promise<{ readonly groupInfo: string }> {
  // The cast holds because it is the first group.
  const alone = await Group.create({ conversation: id, groupNo: 1 as never, identity: anaId, kind: 'group' })
  const members = [anaId, benId].map(({ userId }) => ({ userId, role: 'admin' as const }))
  const roster = { kind: 'group' as const, members: members.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)) }
  const made = await alone.commit({ roster, trust: () => true })
  return { groupInfo: toBase64Url(made.groupInfo) }
}

let ben: Device
beforeEach(async () => {
  ben = await new Device(benId).begin({ status: 'joining', members: [] })
  ben.answers[nameOf(leave)] = () => ({})
})

test('a device that could not join leaves the group that the server shows', async () => {
  const info = await groupOf(conversation)
  ben.answers[nameOf(groupInfo)] = () => info
  await ben.conversation.leave(newId())
  expect(ben.conversation.record.status).toBe('left')
})

test('a device signs no leave of another chat than the one that it leaves', async () => {
  const info = await groupOf(newId<ConversationId>())
  ben.answers[nameOf(groupInfo)] = () => info
  await expect(ben.conversation.leave(newId())).rejects.toMatchObject({ code: 'unlawful' })
  expect(ben.called).not.toContain(nameOf(leave))
  expect(ben.conversation.record.status).toBe('joining')
})
