import type { ConversationId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { createKeys, tagOf } from './keys.ts'

const conversation = '01990000-0000-7000-8000-000000000001' as ConversationId
const user = '01990000-0000-7000-8000-000000000002' as UserId

test('names never change, because pods of two versions must use the same channels', () => {
  const keys = createKeys()
  expect(keys.conversation(conversation)).toBe('fc:{b136}:01990000-0000-7000-8000-000000000001')
  expect(keys.user(user)).toBe('fc:{b65}:u:01990000-0000-7000-8000-000000000002')
  expect(keys.canary(0)).toBe('fc:{b0}:canary')
})

test('tags are spread over all 256', () => {
  const tags = Array.from({ length: 10_000 }, (_, at) =>
    tagOf(`01990000-0000-7000-8000-${String(at).padStart(12, '0')}`),
  )
  expect(new Set(tags).size).toBe(256)
  expect(Math.max(...tags)).toBe(255)
})

test.each(['fc', 'test:abc:'])('parseChannel reads the names of channels with the prefix %s', (prefix) => {
  const keys = createKeys(prefix)
  expect(keys.parseChannel(keys.conversation(conversation))).toEqual({ conversation })
  expect(keys.parseChannel(keys.user(user))).toEqual({ user })
  expect(keys.parseChannel(keys.canary(7))).toBe('canary')
})

test('a prefix cannot contain a tag', () => {
  expect(() => createKeys('{a}')).toThrow(TypeError)
})
