import type { ConversationId, GroupNo } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupIdOf, parseGroupId } from './group-id.ts'

test('16 bytes of the conversation, 4 of the group number, and back', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 2 ** 32 - 1 }), (id, no) => {
      // Generated to the pattern of a conversation id, and to the bounds of a group number.
      const [conversation, groupNo] = [id as ConversationId, no as GroupNo]
      const bytes = groupIdOf(conversation, groupNo)
      expect(bytes.length).toBe(20)
      expect(parseGroupId(bytes)).toEqual({ conversation, groupNo })
    }),
  )
})

test('the byte order is that of the text, the number is big endian', () => {
  const bytes = groupIdOf('01234567-89ab-7cde-8f01-23456789abcd' as ConversationId, 258 as GroupNo)
  expect(Buffer.from(bytes).toString('hex')).toBe('0123456789ab7cde8f0123456789abcd00000102')
})
