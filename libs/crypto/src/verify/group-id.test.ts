import type { ConversationId, GroupNo } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupIdOf, parseGroupId } from './group-id.ts'

test('a group id has 16 bytes of the conversation and 4 of the group number, and is read back', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 2 ** 32 - 1 }), (id, no) => {
      // The casts hold: the values fit the pattern of ids and the bounds of group numbers.
      const [conversation, groupNo] = [id as ConversationId, no as GroupNo]
      const bytes = groupIdOf(conversation, groupNo)
      expect(bytes.length).toBe(20)
      expect(parseGroupId(bytes)).toEqual({ conversation, groupNo })
    }),
  )
})

test('the bytes are in the order of the text, and the number is big endian', () => {
  const bytes = groupIdOf('01234567-89ab-7cde-8f01-23456789abcd' as ConversationId, 258 as GroupNo)
  expect(Buffer.from(bytes).toString('hex')).toBe('0123456789ab7cde8f0123456789abcd00000102')
})
