import type { ConversationId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { ConversationRecord } from '../store/records.ts'
import { mayElect } from './may-elect.ts'

// The casts hold because these parts only compare ids.
const [ann, ben, cat] = ['ann', 'ben', 'cat'] as UserId[] as [UserId, UserId, UserId]
const members = [
  { userId: ann, role: 'owner' },
  { userId: ben, role: 'member' },
  { userId: cat, role: 'member' },
] as const
const group = { conversation: 'c' as ConversationId, kind: 'group', status: 'active', members, departed: [] }
const record = group as unknown as ConversationRecord

const isOffered = (userId: UserId, deleted: readonly UserId[], changed: Partial<ConversationRecord> = {}) =>
  mayElect(
    { identity: { userId }, pins: { lookAgain: async () => {}, isDeleted: (id) => deleted.includes(id) } },
    { ...record, ...changed },
  )

test('a vote is offered to members only when the accounts of all who could change the group are deleted', async () => {
  expect(await isOffered(ben, [ann])).toBe(true)
  expect(await isOffered(ben, [])).toBe(false)
  expect(await isOffered(ann, [ann])).toBe(false)
  expect(await isOffered(ben, [ann], { status: 'left' })).toBe(false)
  expect(await isOffered(ben, [ann], { kind: 'direct' })).toBe(false)
})
